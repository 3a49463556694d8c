package door

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/order"
)

// openForwarding returns a door whose app has a forward target.
func openForwarding(t *testing.T, forwarding Forwarding, running ...string) *doorEnv {
	t.Helper()
	temporal := newDoorTemporal(running...)
	forwarding.AppID = doorApp
	return openDoor(t, temporal, func(c *IntakeConfig) {
		c.Acceptor = NewRouter(temporal, order.DefaultSchedules(), forwarding)
	})
}

// unrelated returns messages that play no part in an order, each under its own name.
func unrelated() map[string]params {
	flat := func(name string, more ...string) params {
		p := params{"app_id": doorApp, "notify_id": "n-" + name, "notify_type": name, "notify_time": "2026-11-20 15:59:59", "charset": "UTF-8"}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	return map[string]params{
		"a user cancelled":             standard(alipay.MessageUserAuthCancelled, `{"user_id":"2088","app_id":"`+doorApp+`","cancel_time":"1763600000000"}`),
		"a refund came back":           standard(alipay.MessageDepositBackCompleted, `{"trade_no":"2026","dback_status":"S"}`),
		"the user fields changed":      standard(alipay.MessageAPIFieldChanged, `{"api_name":"x"}`),
		"直付通 passed":                   standard(alipay.MessageZFTPassed, `{"order_id":"1"}`),
		"直付通 rejected":                 standard(alipay.MessageZFTRejected, `{"order_id":"1","reason":"x"}`),
		"an order of the market":       flat(alipay.MessageServiceMarketOrder, "commodity_order_id", "1", "title", "模板", "phone", "13800000000"),
		"an operation's result":        standard(alipay.MessageOperationResult, `{"batch_no":"1"}`),
		"integration":                  standard(alipay.MessageIntegrationSync, `{}`),
		"a complaint":                  standard(alipay.MessageTradeComplainChanged, `{"complain_event_id":"1"}`),
		"a trade":                      flat(alipay.MessageTradeStatus, "trade_status", "TRADE_SUCCESS", "out_trade_no", "1"),
		"a trade of tomorrow":          flat("trade_something_new"),
		"a name that nobody knows":     standard("alipay.open.of.tomorrow", `{"a":"示例"}`),
		"no name at all":               {"app_id": doorApp, "notify_id": "n-0", "charset": "UTF-8"},
		"an authorisation ended oddly": authorised(granted).with("status", "cancel_auth"),
	}
}

// TestWhatPlaysNoPartIsKeptWhole checks that a message of any name becomes a Delivery to be
// forwarded, with the exact bytes and the content, both sealed.
func TestWhatPlaysNoPartIsKeptWhole(t *testing.T) {
	for name, message := range unrelated() {
		for _, forwarding := range []Forwarding{{}, {Raw: true}, {All: true}, {Raw: true, All: true}} {
			t.Run(name, func(t *testing.T) {
				s := openForwarding(t, forwarding)
				body := message.signed(t, doorKeys().alipay)
				wantAnswer(t, s.post(body), 200, "success")
				if diff := cmp.Diff([]string{"start Delivery delivery/" + doorApp + "/" + message["notify_id"]}, s.temporal.operations()); diff != "" {
					t.Fatal(diff)
				}
				kept := s.temporal.last(t).Delivery
				if kept.Disposition != "" || kept.Copy || kept.Notification.Copied || kept.Notification.OutOrderNo != "" && kept.Notification.Evidence.Token == nil {
					t.Errorf("it is not on its way to the backend: %+v", kept)
				}
				raw, err := s.ring.Open(kept.Notification.Raw, doorApp, order.SealRaw)
				if err != nil || string(raw) != string(body) {
					t.Errorf("%q was posted, %q is kept (%v)", body, raw, err)
				}
				if content, err := s.ring.Open(kept.Notification.Content, doorApp, order.SealContent); err != nil || len(content) == 0 {
					t.Errorf("its content is %q (%v)", content, err)
				}
				if sign, err := url.ParseQuery(string(body)); err != nil || strings.Contains(s.temporal.wire.String(), sign.Get("sign")) {
					t.Error("the body went to Temporal in clear")
				}
			})
		}
	}
}

// TestScopeAllCopiesEverything checks that the copy leaves the message's own way unchanged.
func TestScopeAllCopiesEverything(t *testing.T) {
	const copyOf = "start Delivery delivery/" + doorApp + "/"
	for name, c := range map[string]struct {
		message params
		own     []string
	}{
		"for an order":           {confirmed(), []string{"signal " + orderOne}},
		"for a mini program":     {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`"}`), []string{toEntityOf}},
		"an authorisation":       {authorised(granted), []string{toEntityOf}},
		"one that can't be read": {standard(alipay.MessageMerchantConfirmed, `{"a"`), []string{toDelivery + alipay.MessageMerchantConfirmed}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, all := range []bool{false, true} {
				s := openForwarding(t, Forwarding{All: all}, orderOne)
				body := c.message.signed(t, doorKeys().alipay)
				wantAnswer(t, s.post(body), 200, "success")
				want := c.own
				if all {
					want = slices.Concat([]string{copyOf + c.message["notify_id"] + "/copy"}, c.own)
				}
				if diff := cmp.Diff(want, s.temporal.operations()); diff != "" {
					t.Fatal(diff)
				}
				if own := s.temporal.last(t).Notification; own.Copied != all {
					t.Errorf("the message itself knows of a copy: %v", own.Copied)
				}
				if all {
					s.isWholeCopy(body)
				}
			}
		})
	}
}

// isWholeCopy checks the first call to Temporal.
func (s *doorEnv) isWholeCopy(body []byte) {
	s.t.Helper()
	call := s.temporal.calls[0]
	n := call.Delivery.Notification
	if !call.Delivery.Copy || call.Delivery.Disposition != "" || n.Copied || n.Evidence.Token != nil || n.Evidence.MerchantStatus != "" {
		s.t.Errorf("the copy is %+v", call.Delivery)
	}
	if raw, err := s.ring.Open(n.Raw, doorApp, order.SealRaw); err != nil || string(raw) != string(body) {
		s.t.Errorf("the copy has the body %q (%v)", raw, err)
	}
	view, _ := call.Options.Memo[order.SummaryMemo].(order.DeliveryView)
	if !view.Copy || view.State != order.DispositionWaiting {
		s.t.Errorf("it is listed as %+v", view)
	}
	for attribute, value := range call.Options.TypedSearchAttributes.GetUntypedValues() {
		if attribute.GetName() == order.AttributeOutOrderNo {
			s.t.Errorf("an order that starts would call the copy: %v", value)
		}
	}
}

// TestACopyIsMadeOnce checks that repeats make no further copy, and that a message is
// accepted only together with its copy.
func TestACopyIsMadeOnce(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	router := NewRouter(temporal, order.DefaultSchedules(), Forwarding{AppID: doorApp, All: true})
	n := notificationOf(alipay.MessageMerchantConfirmed)
	calls := 0
	temporal.during = func() {
		if calls++; calls == 2 { // the copy was made, the message itself is not accepted
			temporal.down = errDown
		}
	}
	if got, err := router.Accept(t.Context(), n); !errors.Is(err, errDown) || got != "" {
		t.Fatalf("%q, %v", got, err)
	}
	temporal.during, temporal.down = nil, nil
	for range 2 {
		if got, err := router.Accept(t.Context(), n); err != nil || got != order.DispositionWaiting {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if len(temporal.digests) != 1 {
		t.Errorf("copies: %v", temporal.digests)
	}
	temporal = newDoorTemporal(orderOne)
	temporal.down = errDown
	if _, err := NewRouter(temporal, order.DefaultSchedules(), Forwarding{AppID: doorApp, All: true}).Accept(t.Context(), n); !errors.Is(err, errDown) {
		t.Errorf("accepted without its copy: %v", err)
	}
	if len(temporal.operations()) != 1 {
		t.Errorf("the message went its way before its copy: %v", temporal.operations())
	}
}

// TestWhatIsNeverCopied covers a message that is too old to act, one that goes to the backend
// anyway, and another app's scope, which counts for that app only.
func TestWhatIsNeverCopied(t *testing.T) {
	old := notificationOf(alipay.MessageMerchantConfirmed)
	old.SentAt = doorNow().AddDate(-3, 0, 0)
	for name, c := range map[string]struct {
		n   order.Notification
		app string
	}{
		"too old": {old, doorApp}, "unrouted": {notificationOf("alipay.open.new"), doorApp}, "another app's": {notificationOf(alipay.MessageMerchantConfirmed), "2021000000000002"},
	} {
		temporal := newDoorTemporal(orderOne)
		if _, err := NewRouter(temporal, order.DefaultSchedules(), Forwarding{AppID: c.app, All: true}).Accept(t.Context(), c.n); err != nil {
			t.Fatal(err)
		}
		if calls := temporal.operations(); len(calls) != 1 || strings.HasSuffix(calls[0], "/copy") {
			t.Errorf("%s: %v", name, calls)
		}
	}
}

// TestWhatASignalCarries checks that an order gets neither signed bytes nor a large content,
// and that a mini program gets what its app's target wants.
func TestWhatASignalCarries(t *testing.T) {
	large := order.Sealed(strings.Repeat("x", 3*MaxOrderContent))
	for name, c := range map[string]struct {
		raw           bool
		given, signal order.Notification
	}{
		"an event's target": {false, order.Notification{Content: "c", Raw: "r"}, order.Notification{Content: "c"}},
		"a raw target":      {true, order.Notification{Content: "c", Raw: large}, order.Notification{Raw: large}},
		"no bytes to keep":  {true, order.Notification{Content: "c"}, order.Notification{Content: "c"}},
		"a large content":   {false, order.Notification{Content: large, Raw: "r"}, order.Notification{Content: large}},
	} {
		n := notificationOf(alipay.MessageVersionAuditPassed)
		n.Content, n.Raw, n.Signature = c.given.Content, c.given.Raw, &order.Signature{Type: "RSA2"}
		temporal := newDoorTemporal(orderOne)
		router := NewRouter(temporal, order.DefaultSchedules(), Forwarding{AppID: doorApp, Raw: c.raw})
		if _, err := router.Accept(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if got := temporal.last(t).Notification; got.Content != c.signal.Content || got.Raw != c.signal.Raw || (got.Signature == nil) != (got.Raw == "") {
			t.Errorf("%s: a mini program gets %d bytes of content, %d raw", name, len(got.Content), len(got.Raw))
		}
		n.Name = alipay.MessageMerchantConfirmed
		if _, err := router.Accept(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if got := temporal.last(t).Notification; got.Raw != "" || got.Signature != nil || len(got.Content) > 2*MaxOrderContent {
			t.Errorf("%s: an order gets %d bytes of content, %d raw", name, len(got.Content), len(got.Raw))
		}
	}
}

// TestBodiesThatAreTooLargeToKeep checks that their content is left out, but the message is
// not lost.
func TestBodiesThatAreTooLargeToKeep(t *testing.T) {
	s := openForwarding(t, Forwarding{Raw: true})
	content := `{"a":"` + strings.Repeat("示", MaxContent/4) + `"}` // three bytes as text, nine in a form
	wantAnswer(t, s.post(standard("alipay.open.new", content).signed(t, doorKeys().alipay)), 200, "success")
	if n := s.temporal.last(t).Notification; n.Raw != "" || n.Content == "" || n.Flaw != "" {
		t.Errorf("kept %d bytes raw, %d of content, flaw %q", len(n.Raw), len(n.Content), n.Flaw)
	}
}
