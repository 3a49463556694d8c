package door

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"miniflow/alipay"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/order"
	"miniflow/words"
)

const (
	miniOne      = "mini-program/" + doorApp + "/" + doorMini
	deliveryStem = "delivery/" + doorApp + "/n-"
)

const (
	toDelivery = "start Delivery " + deliveryStem
	toEntityOf = "signal-with-start MiniProgram " + miniOne
	auditReply = `{"mini_app_id":"` + doorMini + `","bundle_id":"com.amap.app","mini_app_version":"1.2.3","audit_reason":"x","base_audit":"PASS","promote_audit":"REJECT"}`
	granted    = `{"notify_context":{"trigger":"x","trigger_context":{"out_biz_no":"OUT1"}},"detail":{"app_auth_token":"T1","auth_app_id":"` + doorMini + `","auth_time":1763600000000}}`
	revoked    = `{"app_auth_token":"T1","app_id":"2021000000000999","auth_app_id":"` + doorMini + `","user_id":"2088000000000000"}`
	trial      = `{"order_no":"ORD1","out_order_no":"OUT1","merchant_app_id":"` + doorMini + `","status":"CERTIFY_SUCCESS","app_name":"甲的试用小程序","merchant_id":"2088"}`
)

// Every message of the platform that concerns mini programs, and others that may come to the
// same URL.
func TestEveryMessageHasItsRoute(t *testing.T) {
	for name, c := range map[string]struct {
		message params
		calls   []string
	}{
		"confirmed":               {confirmed(), []string{"signal " + orderOne}},
		"trial":                   {standard(alipay.MessageFastRegisterChanged, trial), []string{"signal " + orderOne}},
		"audit passed":            {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`"}`), []string{toEntityOf}},
		"audit rejected":          {standard(alipay.MessageVersionAuditRejected, auditReply), []string{toEntityOf}},
		"base audit passed":       {standard(alipay.MessageVersionBaseAuditPassed, auditReply), []string{toEntityOf}},
		"authorised":              {authorised(granted), []string{toEntityOf}},
		"authorised, new layout":  {standard(alipay.MessageOpenAppAuth, granted), []string{toEntityOf}},
		"revoked":                 {standard(alipay.MessageAppAuthCancelled, revoked), []string{toEntityOf}},
		"revoked, its older name": {standard(alipay.MessageAppAuthCancel, revoked), []string{toEntityOf}},

		"fields changed":  {standard(alipay.MessageAPIFieldChanged, `{"api_name":"x"}`), []string{toDelivery + alipay.MessageAPIFieldChanged}},
		"user cancelled":  {standard(alipay.MessageUserAuthCancelled, `{"user_id":"2088"}`), []string{toDelivery + alipay.MessageUserAuthCancelled}},
		"service market":  {params{"app_id": doorApp, "notify_id": "n-s", "notify_type": alipay.MessageServiceMarketOrder}, []string{toDelivery + "s"}},
		"trade":           {params{"app_id": doorApp, "notify_id": "n-t", "notify_type": alipay.MessageTradeStatus}, []string{toDelivery + "t"}},
		"unheard of":      {standard("alipay.open.new", `{}`), []string{toDelivery + "alipay.open.new"}},
		"no name at all":  {params{"app_id": doorApp, "notify_id": "n-0"}, []string{toDelivery + "0"}},
		"no order number": {standard(alipay.MessageMerchantConfirmed, `{"order_no":"ORD1"}`), []string{toDelivery + alipay.MessageMerchantConfirmed}},
		"a number that no order can have": {standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"OUT 1/../x"}`),
			[]string{toDelivery + alipay.MessageMerchantConfirmed}},
		"a number longer than any": {standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"`+strings.Repeat("9", 33)+`"}`),
			[]string{toDelivery + alipay.MessageMerchantConfirmed}},
		"no mini program":      {standard(alipay.MessageVersionAuditPassed, `{}`), []string{toDelivery + alipay.MessageVersionAuditPassed}},
		"a mini program of 1k": {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+strings.Repeat("9", 1000)+`"}`), []string{toDelivery + alipay.MessageVersionAuditPassed}},
		"status no one knows":  {authorised(granted).with("status", "cancel_auth"), []string{toDelivery + alipay.MessageOpenAppAuth}},
		"no JSON":              {standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"OUT1"`), []string{toDelivery + alipay.MessageMerchantConfirmed}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			wantAnswer(t, s.post(c.message.signed(t, doorKeys().alipay)), 200, "success")
			if diff := cmp.Diff(c.calls, s.temporal.operations()); diff != "" {
				t.Error(diff)
			}
			call := s.temporal.last(t)
			if call.Signal != "" && call.Signal != order.NotificationSignal {
				t.Errorf("signal %q", call.Signal)
			}
			if n := call.Notification; n.AppID != doorApp || n.NotifyID != c.message["notify_id"] || len(n.Digest) != 64 {
				t.Errorf("key %+v", n.NotificationKey)
			}
		})
	}
}

// notificationOf returns a notification as the router gets it.
func notificationOf(name string) order.Notification {
	return order.Notification{
		NotificationKey: order.NotificationKey{AppID: doorApp, NotifyID: "n1", Digest: strings.Repeat("d", 64)},
		Name:            name, Channel: "http", ReceivedAt: doorNow(), SentAt: doorNow(),
		OutOrderNo: "OUT1", MiniAppID: doorMini,
	}
}

func accept(t *testing.T, temporal *doorTemporal, n order.Notification, want order.Disposition) {
	t.Helper()
	got, err := NewRouter(temporal, order.DefaultSchedules()).In(map[string]words.Language{doorApp: words.Chinese}).Accept(t.Context(), n)
	if err != nil || got != want {
		t.Errorf("disposition %q, %v, want %q", got, err, want)
	}
}

func TestOrderThatDoesNotRunGetsADelivery(t *testing.T) {
	temporal := newDoorTemporal()
	n := notificationOf(alipay.MessageMerchantConfirmed)
	accept(t, temporal, n, order.DispositionWaiting)
	if diff := cmp.Diff([]string{"signal " + orderOne, "start Delivery delivery/" + doorApp + "/n1"}, temporal.operations()); diff != "" {
		t.Error(diff)
	}
	call := temporal.last(t)
	if diff := cmp.Diff(n, call.Delivery.Notification); diff != "" {
		t.Error(diff)
	}
	if call.Delivery.Disposition != "" || call.Delivery.Reason == "" || call.Delivery.Schedules.LocateFor == 0 || call.Delivery.Language != words.Chinese {
		t.Errorf("it has to look for its order: %+v", call.Delivery)
	}
	options := call.Options
	if options.TaskQueue != order.TaskQueue || !options.WorkflowExecutionErrorWhenAlreadyStarted ||
		options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
		t.Errorf("options %+v", options)
	}
	view, _ := options.Memo[order.SummaryMemo].(order.DeliveryView)
	if options.Memo[order.DigestMemo] != n.Digest || view.State != order.DispositionWaiting || view.OutOrderNo != "OUT1" {
		t.Errorf("memo %+v", options.Memo)
	}
	if got := options.TypedSearchAttributes.Size(); got != 4 {
		t.Errorf("%d search attributes", got)
	}
	if options.StaticSummary != n.Name || !strings.HasPrefix(options.StaticDetails, "已验签") {
		t.Errorf("its page begins with %q, %q", options.StaticSummary, options.StaticDetails)
	}
}

// TestACopySpeaksTheAppsLanguage on its page in the Temporal UI.
func TestACopySpeaksTheAppsLanguage(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	router := NewRouter(temporal, order.DefaultSchedules(), Forwarding{AppID: doorApp, All: true})
	if _, err := router.In(map[string]words.Language{doorApp: words.Chinese}).Accept(t.Context(), notificationOf(alipay.MessageMerchantConfirmed)); err != nil {
		t.Fatal(err)
	}
	if first := temporal.calls[0].Delivery; !first.Copy || first.Language != words.Chinese {
		t.Errorf("started %+v", first)
	}
}

func TestMiniProgramMayStartAgain(t *testing.T) {
	temporal := newDoorTemporal()
	accept(t, temporal, notificationOf(alipay.MessageVersionAuditPassed), order.DispositionWaiting)
	call := temporal.last(t)
	if call.Options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE || call.Options.TaskQueue != order.TaskQueue {
		t.Errorf("options %+v", call.Options)
	}
	if call.Mini.AppID != doorApp || call.Mini.MiniAppID != doorMini || call.Mini.Schedules.Unclaimed == 0 || call.Mini.Language != words.Chinese {
		t.Errorf("input %+v", call.Mini)
	}
}

func TestSecondDeliveryIsDuplicateOrConflict(t *testing.T) {
	temporal := newDoorTemporal()
	n := notificationOf("alipay.open.new")
	accept(t, temporal, n, order.DispositionWaiting)
	accept(t, temporal, n, order.DispositionDuplicate)

	impostor := n
	impostor.Digest = strings.Repeat("e", 64)
	accept(t, temporal, impostor, order.DispositionConflict)
	call := temporal.last(t)
	if want := order.ConflictWorkflowID(impostor.NotificationKey); call.WorkflowID != want {
		t.Errorf("kept as %s, want %s", call.WorkflowID, want)
	}
	if call.Delivery.Disposition != order.DispositionConflict || call.Options.Memo[order.DigestMemo] != impostor.Digest {
		t.Errorf("%+v", call.Delivery)
	}
	kept := len(temporal.digests)
	accept(t, temporal, impostor, order.DispositionConflict)
	accept(t, temporal, n, order.DispositionDuplicate)
	if len(temporal.digests) != kept {
		t.Error("the same impostor is kept twice")
	}
}

// A Delivery that another part of Miniflow started without a memo can't be compared.
func TestDeliveryWithoutDigestLosesNothing(t *testing.T) {
	temporal := newDoorTemporal()
	temporal.digests["delivery/"+doorApp+"/n1"] = ""
	accept(t, temporal, notificationOf("alipay.open.new"), order.DispositionConflict)
	if len(temporal.digests) != 2 {
		t.Error("the message is not kept")
	}
}

func TestConflictIsAnAlarm(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	first := standard("alipay.open.new", `{"a":1}`)
	wantAnswer(t, s.post(first.signed(t, doorKeys().alipay)), 200, "success")
	wantAnswer(t, s.post(first.with("biz_content", `{"a":2}`).signed(t, doorKeys().alipay)), 200, "success")
	if got := s.metric("miniflow_door_notifications_total", "conflict"); got != 1 {
		t.Errorf("counted %v", got)
	}
	if records := s.records(); records[1]["level"] != "ERROR" || records[1]["disposition"] != "conflict" {
		t.Errorf("logged %v", records[1])
	}
}

func TestOldMessagesActNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		sent  time.Time
		calls string
		want  order.Disposition
	}{
		"of yesterday":    {doorNow().Add(-25 * time.Hour), "signal ", order.DispositionWaiting},
		"at the limit":    {doorNow().Add(-MaxAge), "signal ", order.DispositionWaiting},
		"of years ago":    {doorNow().AddDate(-3, 0, 0), "start Delivery ", order.DispositionStale},
		"of the future":   {doorNow().Add(time.Hour), "signal ", order.DispositionWaiting},
		"without a time":  {time.Time{}, "signal ", order.DispositionWaiting},
		"just over limit": {doorNow().Add(-MaxAge - time.Second), "start Delivery ", order.DispositionStale},
	} {
		t.Run(name, func(t *testing.T) {
			temporal := newDoorTemporal(orderOne)
			n := notificationOf(alipay.MessageMerchantConfirmed)
			n.SentAt = c.sent
			accept(t, temporal, n, c.want)
			if got := temporal.operations(); len(got) != 1 || !strings.HasPrefix(got[0], c.calls) {
				t.Errorf("calls %v", got)
			}
			if c.want == order.DispositionStale && temporal.last(t).Delivery.Disposition != c.want {
				t.Error("the Delivery does not know")
			}
		})
	}
}

func TestAuthorisationWithoutATokenIsKept(t *testing.T) {
	temporal := newDoorTemporal()
	accept(t, temporal, notificationOf(alipay.MessageOpenAppAuth), order.DispositionWaiting)
	if call := temporal.last(t); call.Operation != "start Delivery" || call.Delivery.Reason != "it grants no authorisation" {
		t.Errorf("%s: %q", call.Operation, call.Delivery.Reason)
	}
}

func TestFlawedMessageIsDeadAtOnce(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	n := notificationOf(alipay.MessageMerchantConfirmed)
	n.Flaw = "unreadable"
	accept(t, temporal, n, order.DispositionDead)
	if call := temporal.last(t); call.Delivery.Disposition != order.DispositionDead || call.Delivery.Reason != "unreadable" {
		t.Errorf("%+v", call.Delivery)
	}
}

// After every failure nothing is accepted, so that Alipay sends the message again.
func TestEveryFailureOfTemporalIsAnError(t *testing.T) {
	broken := []error{errDown, serviceerror.NewUnavailable("x"), serviceerror.NewNamespaceNotFound("x"),
		serviceerror.NewInvalidArgument("x"), serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "x")}
	for _, name := range []string{alipay.MessageMerchantConfirmed, alipay.MessageVersionAuditPassed, "alipay.open.new"} {
		for _, failure := range broken {
			temporal := newDoorTemporal(orderOne)
			temporal.down = failure
			got, err := NewRouter(temporal, order.DefaultSchedules()).Accept(t.Context(), notificationOf(name))
			if !errors.Is(err, failure) || got != "" {
				t.Errorf("%s, %v: %q, %v", name, failure, got, err)
			}
		}
	}
}

func TestFailureWhileComparingIsAnError(t *testing.T) {
	for _, failsAt := range []string{"describe", "conflict"} {
		temporal := newDoorTemporal()
		temporal.digests["delivery/"+doorApp+"/n1"] = "another"
		calls := 0
		temporal.during = func() {
			if calls++; calls == map[string]int{"describe": 2, "conflict": 3}[failsAt] {
				temporal.down = errDown
			}
		}
		if got, err := NewRouter(temporal, order.DefaultSchedules()).Accept(t.Context(), notificationOf("alipay.open.new")); !errors.Is(err, errDown) || got != "" {
			t.Errorf("%s: %q, %v", failsAt, got, err)
		}
	}
}

func TestLargeContentStaysOutOfSignals(t *testing.T) {
	ring := ingresstest.Ring(t)
	seal := func(size int) order.Sealed {
		sealed, err := ring.Seal([]byte(strings.Repeat("x", size)), doorApp, order.SealContent)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	for _, size := range []int{0, 100, MaxOrderContent, MaxOrderContent * 2, MaxContent} {
		n := notificationOf(alipay.MessageMerchantConfirmed)
		n.Content = seal(size)
		running, missing := newDoorTemporal(orderOne), newDoorTemporal()
		accept(t, running, n, order.DispositionWaiting)
		accept(t, missing, n, order.DispositionWaiting)
		if kept := running.last(t).Notification.Content != ""; kept != (size <= MaxOrderContent) {
			t.Errorf("%d bytes kept in the signal: %v", size, kept)
		}
		if missing.last(t).Notification.Content != n.Content {
			t.Errorf("%d bytes are lost to the Delivery", size)
		}
	}
}

func TestPagesCantBeWrittenBySenders(t *testing.T) {
	temporal := newDoorTemporal()
	n := notificationOf("<script>alert(1)</script>\n# x")
	accept(t, temporal, n, order.DispositionWaiting)
	if got := temporal.last(t).Options.StaticSummary; got != "&#60;script&#62;alert&#40;1&#41;&#60;&#47;script&#62; &#35; x" {
		t.Errorf("summary %q", got)
	}
	n = notificationOf(alipay.MessageVersionAuditPassed)
	n.MiniAppID = "<b>"
	accept(t, temporal, n, order.DispositionWaiting)
	if got := temporal.last(t).Options.StaticSummary; got != "小程序 &#60;b&#62;" {
		t.Errorf("summary %q", got)
	}
}
