package main_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/order"
)

// TestEachMessageReachesTheISV checks that what no order is about comes to the ISV's backend
// once, over either channel, in an event whose signature the public library has
// verified there; what is not an event of Miniflow's does not get in.
func TestEachMessageReachesTheISV(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(100000), "--demo=false", "--channel=websocket") // nobody waits for an order for long
	s.awaitLongConnection()
	ids := map[string]map[string]string{}
	for _, channel := range channels {
		ids[channel] = map[string]string{}
		for name, message := range unmanaged(channel) {
			ids[channel][name] = s.push(message)
		}
	}
	for _, channel := range channels {
		for name, id := range ids[channel] {
			t.Run("X16 "+channel+" "+name, func(t *testing.T) {
				s := s.in(t)
				got := s.awaitArrival(id)
				if got.Name != name || got.Times != 1 || got.Event.Type != order.HappenedNotification || got.Event.Data.Channel != channel ||
					len(got.Event.Data.Content) < len(`{"a":1}`) {
					t.Errorf("it came as %+v", got)
				}
				got.wantRaw(t, s, channel)
				eventually(t, patience, "it is listed as forwarded", func() error {
					_, err := s.delivery(order.DispositionForwarded, id)
					return err
				})
			})
		}
	}
	answer, err := s.send(http.MethodPost, s.at.Simulator+"/isv/events", nil, strings.NewReader(`{"type":"notification.received"}`))
	if err != nil || answer.status != http.StatusUnauthorized {
		t.Errorf("an unsigned event is answered %s, %v", answer, err)
	}
}

// wantRaw checks the signed bytes that events of trade notifications bring, and no
// others: a form, or what Alipay's key verifies with the headers beside it.
func (a arrival) wantRaw(t *testing.T, s *standalone, channel string) {
	t.Helper()
	data := a.Event.Data
	switch {
	case !strings.HasPrefix(a.Name, "trade_"):
		if data.Raw != nil || data.RawHeaders != nil {
			t.Errorf("it brings its signed bytes: %q %v", data.Raw, data.RawHeaders)
		}
	case channel == "http":
		if !strings.Contains(string(data.Raw), "sign=") || data.RawHeaders != nil {
			t.Errorf("it brings the body %q with %v", data.Raw, data.RawHeaders)
		}
	default:
		s.verifies(t, data.RawHeaders["x-sign"], data.Raw)
		if data.RawHeaders["x-msgId"] != a.NotifyID || data.RawHeaders["x-signType"] != "RSA2" {
			t.Errorf("it comes with %v", data.RawHeaders)
		}
	}
}

// verifies checks a signature by this Alipay, without any code of ours.
func (s *standalone) verifies(t *testing.T, sign string, text []byte) {
	t.Helper()
	written, err := os.ReadFile(s.keyFile("alipay_public.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(written)
	if block == nil {
		t.Fatal("alipay_public.pem holds no PEM block")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(sign)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if err := rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("%q does not verify: %v", text, err)
	}
}

// TestADeadLetterOverTheAPI is replayed, and another discarded; both are closed then.
func TestADeadLetterOverTheAPI(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, "--demo=false")
	dead := func() string {
		id := s.push(map[string]any{"msg_method": alipay.MessageMerchantConfirmed, "biz_content": `{"order_no"`})
		eventually(t, patience, "it is a dead letter", func() error {
			view, err := s.delivery(order.DispositionDead, id)
			if err == nil && view.ReplayableUntil.IsZero() {
				return errNotYet
			}
			return err
		})
		return id
	}
	command := func(id, name string, status int, says string) {
		t.Helper()
		answer := s.api(http.MethodPost, "/v1/deliveries/"+appID+"/"+id+"/"+name, map[string]any{"reason": "look"}, "X-Actor", "ops")
		if answer.status != status || !strings.Contains(string(answer.body), says) {
			t.Errorf("%s is answered %s, want %d and %q", name, answer, status, says)
		}
	}
	replayed, discarded := dead(), dead()
	command(replayed, order.ReplayUpdate, http.StatusOK, "replayed by ops: look")
	eventually(t, patience, "it is forwarded", func() error {
		_, err := s.delivery(order.DispositionForwarded, replayed)
		return err
	})
	command(discarded, order.DiscardUpdate, http.StatusOK, "discarded by ops: look")
	for _, id := range []string{replayed, discarded} {
		eventually(t, patience, "it is closed", func() error {
			answer, err := s.ask(http.MethodPost, "/v1/deliveries/"+appID+"/"+id+"/replay", nil)
			if err != nil || answer.status != http.StatusConflict || !strings.Contains(string(answer.body), "this message is closed (") {
				return fmt.Errorf("%s %w", answer, errNotYet)
			}
			return nil
		})
	}
	command("2026112100262110099", order.ReplayUpdate, http.StatusNotFound, "check app_id and notify_id")
}
