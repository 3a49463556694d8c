package activities_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/activities"
	"miniflow/order"
)

// frameData is what Alipay signed of a message of the long connection.
const frameData = `{"header":{"appId":"` + appID + `","msgApi":"alipay.open.auth.userauth.cancelled"},"content":{"user_id":"2088", "note":"示例 <b>"}}`

// frame is the same message as it came over the long connection.
func (c *counter) frame(changes ...func(*order.Notification)) order.Notification {
	return c.message(append([]func(*order.Notification){func(n *order.Notification) {
		n.Channel, n.Raw = "websocket", c.seal(frameData, order.SealRaw)
		n.Signature = &order.Signature{Type: "RSA2", Value: "c2lnbmVk", Charset: "UTF-8"}
	}}, changes...)...)
}

// TestTheRawFormatIsWhatAlipaySent, so that an old handler can verify it.
func TestTheRawFormatIsWhatAlipaySent(t *testing.T) {
	for name, test := range map[string]struct{ body, contentType string }{
		"in GBK":          {rawBody, "application/x-www-form-urlencoded; charset=GBK"},
		"no charset":      {"a=1&sign=x", "application/x-www-form-urlencoded"},
		"a crooked one":   {"charset=a%0d%0ab&sign=x", "application/x-www-form-urlencoded"},
		"bytes as bytes":  {"a=\xca\xbe;b&charset=GBK", "application/x-www-form-urlencoded; charset=GBK"},
		"nothing to read": {"%zz", "application/x-www-form-urlencoded"},
	} {
		t.Run(name, func(t *testing.T) {
			c := openCounter(t, true)
			done, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Raw = c.seal(test.body, order.SealRaw) })))
			if err != nil || done.Disposition != order.DispositionForwarded {
				t.Fatalf("%+v, %v", done, err)
			}
			got := c.only()
			if string(got.body) != test.body || got.header.Get("Content-Type") != test.contentType {
				t.Errorf("posted %q as %q", got.body, got.header.Get("Content-Type"))
			}
			if got.header.Get("webhook-signature") != "" {
				t.Error("another signature than Alipay's is on it")
			}
		})
	}
}

// TestTheRawFormatOfAFrame: its signed bytes as they are, and what verifies them in
// headers that are named as Alipay's members.
func TestTheRawFormatOfAFrame(t *testing.T) {
	hashed := "notify_" // and a hash
	for name, test := range map[string]struct {
		change      func(*order.Notification)
		contentType string
		members     map[string]string // in place of the usual ones
	}{
		"in UTF-8": {func(*order.Notification) {}, "application/json; charset=UTF-8", nil},
		"in GBK": {func(n *order.Notification) { n.Signature.Charset = "GBK" }, "application/json; charset=GBK",
			map[string]string{"x-charset": "GBK"}},
		"a crooked charset": {func(n *order.Notification) { n.Signature.Charset = "a\r\nb" }, "application/json", map[string]string{"x-charset": ""}},
		"no time":           {func(n *order.Notification) { n.SentAt = time.Time{} }, "application/json; charset=UTF-8", map[string]string{"x-timestamp": ""}},
		"an odd id":         {func(n *order.Notification) { n.NotifyID = "a.b/c=" }, "application/json; charset=UTF-8", map[string]string{"x-msgId": "a.b/c="}},
		"an id that no header takes": {func(n *order.Notification) { n.NotifyID = "a\r\nx-evil: 1" }, "application/json; charset=UTF-8",
			map[string]string{"x-msgId": hashed}},
	} {
		t.Run(name, func(t *testing.T) {
			c := openCounter(t, true)
			done, err := c.tryMessage(callFor(c.frame(test.change)))
			if err != nil || done.Disposition != order.DispositionForwarded {
				t.Fatalf("%+v, %v", done, err)
			}
			got := c.only()
			if string(got.body) != frameData || got.header.Get("Content-Type") != test.contentType {
				t.Errorf("posted %q as %q", got.body, got.header.Get("Content-Type"))
			}
			want := map[string]string{"x-msgId": "n-1", "x-timestamp": "1795161600000", "x-signType": "RSA2", "x-sign": "c2lnbmVk", "x-charset": "UTF-8"}
			for member, value := range want {
				if other, changed := test.members[member]; changed {
					value = other
				}
				if sent := got.header.Get(member); sent != value && (value != hashed || !strings.HasPrefix(sent, hashed)) {
					t.Errorf("%s is %q, want %q", member, sent, value)
				}
			}
			if got.header.Get("webhook-signature") != "" || got.header.Get("x-evil") != "" {
				t.Errorf("headers of nobody's: %v", got.header)
			}
		})
	}
}

// TestAFormHasNoMembersOfAFrame: it carries its signature itself.
func TestAFormHasNoMembersOfAFrame(t *testing.T) {
	c := openCounter(t, true)
	if _, err := c.tryMessage(callFor(c.message())); err != nil {
		t.Fatal(err)
	}
	for name := range c.only().header {
		if strings.HasPrefix(name, "X-") {
			t.Errorf("a form comes with the header %s", name)
		}
	}
}

// TestATradeOverTheLongConnection: its event brings the signed bytes and, since they
// don't hold it, their signature; other events bring neither.
func TestATradeOverTheLongConnection(t *testing.T) {
	type data struct {
		Raw     []byte            `json:"raw"`
		Headers map[string]string `json:"raw_headers"`
		Channel string            `json:"channel"`
	}
	members := map[string]string{"x-msgId": "n-1", "x-timestamp": "1795161600000", "x-signType": "RSA2", "x-sign": "c2lnbmVk", "x-charset": "UTF-8"}
	for name, want := range map[string]data{
		"trade_status_sync":                   {[]byte(frameData), members, "websocket"},
		"alipay.open.auth.userauth.cancelled": {nil, nil, "websocket"},
	} {
		c := openCounter(t, false)
		if _, err := c.tryMessage(callFor(c.frame(func(n *order.Notification) { n.Name = name }))); err != nil {
			t.Fatal(err)
		}
		var event struct{ Data data }
		if err := json.Unmarshal(c.only().body, &event); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, event.Data); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	c := openCounter(t, false)
	if _, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Name = "trade_status_sync" }))); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(c.only().body, []byte("raw_headers")) {
		t.Error("a form, which holds its signature, comes with headers")
	}
}

// TestAFrameThatWasNotKept can't be sent raw, and says what to do.
func TestAFrameThatWasNotKept(t *testing.T) {
	c := openCounter(t, true)
	done, err := c.tryMessage(callFor(c.frame(func(n *order.Notification) { *n = n.WithoutRaw() })))
	if err != nil || done != (activities.Forwarded{Disposition: order.DispositionDead, Reason: done.Reason}) ||
		!strings.Contains(done.Reason, "set forward.format to event and replay it") || len(c.got) != 0 {
		t.Errorf("%+v, %v; %d requests", done, err, len(c.got))
	}
}
