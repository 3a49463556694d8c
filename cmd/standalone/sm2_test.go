package main_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"os"
	"testing"
	"time"

	"miniflow/alipay/keys"
	"miniflow/order"
)

// signType is the algorithm of a private key in the data directory.
func (s *standalone) signType(file string) keys.SignType {
	s.t.Helper()
	text, err := os.ReadFile(s.keyFile(file))
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := keys.ParsePrivateKey(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return keys.SignTypeOf(keys.PublicOf(key))
}

// refused sends a body and wants it refused before anything is said about it.
func (s *standalone) refused(body string) {
	s.t.Helper()
	answer, err := s.post(body)
	if err != nil || answer.status != http.StatusForbidden || string(answer.body) != "fail" {
		s.t.Errorf("the door answers %s, %v; want a refusal and fail", answer, err)
	}
}

// TestAnOrderOfSM2 lets an order of an app whose signing method is SM2 go the whole way, with keys
// over HTTP and with certificates over the long connection, while Alipay changes its certificate. A
// message that says RSA2 is refused, whoever has signed it.
func TestAnOrderOfSM2(t *testing.T) {
	t.Parallel()
	const connected = "certificates, long connection"
	for name, flags := range map[string][]string{
		"keys, HTTP":              {"--mode=key"},
		connected:                 {"--mode=certificate", "--channel=websocket"},
		"certificates, encrypted": {"--mode=certificate", "--cert-sn=signed", "--aes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startStandalone(t, append([]string{speed(1000), "--demo=false", "--sign-type=SM2"}, flags...)...)
			if own, alipays := s.signType("app_private.pem"), s.signType("alipay_private.pem"); own != keys.SM2 || alipays != keys.SM2 {
				t.Fatalf("the keys are of %s and %s", own, alipays)
			}
			s.rules(untilPushed())
			if name == connected {
				s.awaitLongConnection()
				s.sim(http.MethodPost, "apps/"+appID+"/rotate", nil, nil)
			}
			s.place(s.formal("sm2"))
			s.awaitStage("sm2", order.StageOnline)
			heard := 0
			for _, item := range s.view("sm2").Timeline {
				if item.NotifyID != "" {
					heard++
				}
			}
			if heard < 2 {
				t.Errorf("%d messages came to the order, it was polled to its end", heard)
			}
			s.refused(rsaSigned(t, newPush(t, "alipay.open.mini.version.audit.passed", "forged", map[string]any{})))
		})
	}
}

// rsaSigned is a message as somebody signs it who has no key of Alipay's.
func rsaSigned(t *testing.T, p push) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(p.text()))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return p.body(signature)
}

// TestAnAppChangesItsSigningMethod from RSA2 to SM2 while an order waits for its merchant. What was
// signed before the change and arrives after it counts, the authorisation above all, which nobody can
// ask for; calls go out under the new method at once. When its time is over the former is refused.
func TestAnAppChangesItsSigningMethod(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	body, logo := s.formal("changing"), s.logo()
	logo.URL = "http://localhost:80/sim/v1/files/logo.png" // its port is another at each start
	body["submission"].(map[string]any)["files"] = map[string]any{"app_logo": logo}
	s.place(body)
	s.awaitStage("changing", order.StageAwaitingMerchant)
	waiting, _ := s.atAlipay("changing")
	agreed := s.answers(waiting.OrderNo, "AGREED")
	confirmation := s.sign(confirmed(t, "before-1", agreed, "AGREED"))
	authorisation := s.sign(authorized(t, "before-2", agreed, s.token(agreed.MiniAppID)))
	late := s.sign(confirmed(t, "before-3", agreed, "AGREED"))
	s.stop()

	s.start(append([]string{"--sign-type=SM2"}, slow...)...)
	if present, former := s.signType("app_private.pem"), s.signType("RSA2/app_private.pem"); present != keys.SM2 || former != keys.RSA2 {
		t.Fatalf("the app's keys are of %s, those before of %s", present, former)
	}
	s.refused(rsaSigned(t, newPush(t, "alipay.open.mini.merchant.confirmed", "forged", map[string]any{})))
	s.acknowledged(confirmation)
	s.awaitHeard("changing", "before-1", order.DispositionApplied)
	s.acknowledged(authorisation)
	s.awaitStage("changing", order.StageAuditing)
	s.stop()

	over := time.Now().Add(-26 * time.Hour)
	if err := os.Chtimes(s.keyFile("RSA2"), over, over); err != nil {
		t.Fatal(err)
	}
	s.start(speed(1000), "--demo=false") // the method is that of the last start
	s.refused(late)
	s.judges(agreed.MiniAppID, "pass")
	if answer := s.command("changing", order.CommandRefresh, nil); answer.status != http.StatusOK {
		t.Fatalf("refresh: %s", answer)
	}
	s.awaitStage("changing", order.StageOnline)
}
