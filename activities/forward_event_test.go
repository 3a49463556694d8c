package activities_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/order"
)

// TestAReceiverWhileSecretsAreRotated: the scheme's own library, with the one secret
// that this receiver knows, takes every event until that secret is taken out.
func TestAReceiverWhileSecretsAreRotated(t *testing.T) {
	for name, test := range map[string]struct {
		live   []string
		knows  string
		verify bool
	}{
		"before, the old secret":        {[]string{oldSecret}, oldSecret, true},
		"before, the new secret":        {[]string{oldSecret}, newSecret, false},
		"meanwhile, the old secret":     {[]string{oldSecret, newSecret}, oldSecret, true},
		"meanwhile, the new secret":     {[]string{oldSecret, newSecret}, newSecret, true},
		"meanwhile, in the other order": {[]string{newSecret, oldSecret}, oldSecret, true},
		"afterwards, the old secret":    {[]string{newSecret}, oldSecret, false},
		"afterwards, the new secret":    {[]string{newSecret}, newSecret, true},
	} {
		t.Run("X16 "+name, func(t *testing.T) {
			c := openCounter(t, false)
			target := c.forward.Targets[appID]
			target.Signers = signers(t, test.live...)
			c.forward.Targets[appID] = target
			if done, err := c.tryMessage(callFor(c.message())); err != nil || done.Disposition != order.DispositionForwarded {
				t.Fatalf("%+v, %v", done, err)
			}
			receiver, err := webhooks.NewWebhook(test.knows)
			if err != nil {
				t.Fatal(err)
			}
			got := c.only()
			if err := receiver.Verify(got.body, got.header); (err == nil) != test.verify {
				t.Errorf("the receiver says %v", err)
			}
			if signatures := strings.Fields(got.header.Get("webhook-signature")); len(signatures) != len(test.live) {
				t.Errorf("it is signed %d times, with %d secrets", len(signatures), len(test.live))
			}
		})
	}
}

// TestAnEventIsSignedWithEveryLiveSecret, as the scheme's own library sees it.
func TestAnEventIsSignedWithEveryLiveSecret(t *testing.T) {
	c := openCounter(t, false)
	done, err := c.tryMessage(callFor(c.message()))
	if err != nil || done.Disposition != order.DispositionForwarded {
		t.Fatalf("%+v, %v", done, err)
	}
	got := c.only()
	for _, secret := range []string{oldSecret, newSecret} {
		receiver, err := webhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.Verify(got.body, got.header); err != nil {
			t.Errorf("a receiver with one of the secrets refuses it: %v", err)
		}
		if receiver.Verify(append([]byte(" "), got.body...), got.header) == nil {
			t.Error("an altered body verifies")
		}
	}
	stranger, err := webhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret that nobody configured!")))
	if err != nil || stranger.Verify(got.body, got.header) == nil {
		t.Error("it verifies with a secret that is none")
	}
	var event, want any
	if err := json.Unmarshal(got.body, &event); err != nil {
		t.Fatal(err)
	}
	text := `{"type":"notification.received","timestamp":"2026-11-20T08:00:01Z","data":{"app_id":"` + appID + `","notify_id":"n-1",
		"name":"alipay.open.auth.userauth.cancelled","channel":"http","sent_at":"2026-11-20T08:00:00Z","content":{"user_id":"2088","note":"示例 <b>"}}}`
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Error(diff)
	}
	if got.header.Get("webhook-id") != "n-1" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got.header)
	}
}

// TestAnEventSaysWhatWasRepaired in the text that it brings.
func TestAnEventSaysWhatWasRepaired(t *testing.T) {
	c := openCounter(t, false)
	if _, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Note = "half a character is shown as \ufffd" }))); err != nil {
		t.Fatal(err)
	}
	var event struct{ Data struct{ Note string } }
	if err := json.Unmarshal(c.only().body, &event); err != nil || !strings.Contains(event.Data.Note, "half a character") {
		t.Errorf("it says %q, %v", event.Data.Note, err)
	}
}

// TestTradeNotificationsBringTheirBytes in an event too: code for payments verifies them again.
func TestTradeNotificationsBringTheirBytes(t *testing.T) {
	for name, want := range map[string]string{"trade_status_sync": rawBody, "trade_": rawBody, "tradecomplain": "", "servicemarket_order_notify": ""} {
		c := openCounter(t, false)
		if _, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Name = name }))); err != nil {
			t.Fatal(err)
		}
		var event struct{ Data struct{ Raw []byte } }
		if err := json.Unmarshal(c.only().body, &event); err != nil || string(event.Data.Raw) != want {
			t.Errorf("%s brings %q, %v", name, event.Data.Raw, err)
		}
	}
}

// TestIDsThatNoHeaderTakes become another id, which is the same at each try.
func TestIDsThatNoHeaderTakes(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{"a.b", "a\r\nx-evil: 1", "示例", strings.Repeat("n", 129), ""} {
		var ids []string
		for range 2 {
			c := openCounter(t, false)
			if _, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.NotifyID = id }))); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.only().header.Get("webhook-id"))
		}
		if ids[0] != ids[1] || seen[ids[0]] || len(ids[0]) > 128 || strings.ContainsAny(ids[0], ". \r\n") {
			t.Errorf("%q became %q", id, ids)
		}
		seen[ids[0]] = true
	}
}
