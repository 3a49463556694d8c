package notify_test

import (
	"errors"
	"testing"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// TestAFormerSigningMethod is the door of an app that has changed from RSA2 to SM2, while what was
// signed before still arrives, and afterwards.
func TestAFormerSigningMethod(t *testing.T) {
	a := newSM2Alipay(t)
	former := keys.AlipayKey{Public: &AlipayKey().PublicKey}
	during := a.verifier(func(app *notify.App) { app.FormerKeys = []keys.AlipayKey{former} })
	after := a.verifier()
	sha1 := newPush("sign_type", "RSA")
	sha1.sha1 = true
	lying, mislabelled := newPush("sign_type", "SM2"), a.push("sign_type", "RSA2")
	for name, c := range map[string]struct {
		body          string
		during, after notify.Reason // empty is taken
	}{
		"SM2":                       {a.push().body(), "", ""},
		"RSA2 of before":            {newPush().body(), "", notify.ReasonSignTypeNotAllowed},
		"SHA-1, which never was":    {sha1.body(), notify.ReasonSignTypeNotAllowed, notify.ReasonSignTypeNotAllowed},
		"RSA2 that says SM2":        {lying.body(), notify.ReasonBadSignature, notify.ReasonBadSignature},
		"RSA2 that says nothing":    {newPush().with("sign", newPush().sign()).without("sign_type").form(), notify.ReasonBadSignature, notify.ReasonBadSignature},
		"SM2 that says RSA2":        {mislabelled.body(), notify.ReasonBadSignature, notify.ReasonSignTypeNotAllowed},
		"RSA2 of before, changed":   {newPush().with("sign", newPush().sign()).with("status", "other").form(), notify.ReasonBadSignature, notify.ReasonSignTypeNotAllowed},
		"SM2 in the former's name?": {a.push("sign_type", "RSA").body(), notify.ReasonSignTypeNotAllowed, notify.ReasonSignTypeNotAllowed},
	} {
		for when, at := range map[string]struct {
			v    *notify.Verifier
			want notify.Reason
		}{"during": {during, c.during}, "after": {after, c.after}} {
			n, err := at.v.Notification([]byte(c.body))
			var refused *notify.Refusal
			errors.As(err, &refused)
			if at.want == "" && err != nil || at.want != "" && (n != nil || refused == nil || refused.Reason != at.want) {
				t.Errorf("%s, %s: %v, want %q", name, when, err, at.want)
			}
		}
	}
	if n := mustRead(t, during, newPush().body()); n.Key != 1 {
		t.Errorf("verified by key %d, want the one behind the present one", n.Key)
	}
	// A connection registers under the present method alone.
	frame := newFrame(t, frameData)
	if _, err := during.Frame(thirdPartyApp, frame); !errors.Is(err, &notify.Refusal{Reason: notify.ReasonSignTypeNotAllowed}) {
		t.Errorf("a frame of before: %v", err)
	}
	if _, err := mustVerifier(t).Frame(thirdPartyApp, frame); err != nil {
		t.Errorf("it is none: %v", err)
	}
}

// TestFormerKeysAreOfTheOtherMethod holds what can be wrong with them against the errors.
func TestFormerKeysAreOfTheOtherMethod(t *testing.T) {
	a, next := newSM2Alipay(t), newSM2Alipay(t)
	short, err := keys.ParsePrivateKey(alipaytest.NewOpenSSL(t).PrivateKey("key.pem", "1024"), keys.AllowShortKey)
	if err != nil {
		t.Fatal(err)
	}
	for want, former := range map[error]keys.AlipayKey{
		notify.ErrNoKeys:     {},
		notify.ErrFormerKeys: {Public: next.public},
		notify.ErrShortKey:   {Public: keys.PublicOf(short)},
	} {
		app := notify.App{ID: thirdPartyApp, AlipayKeys: []keys.AlipayKey{{Public: a.public}}, FormerKeys: []keys.AlipayKey{former}}
		if _, err := notify.NewVerifier([]notify.App{app}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
