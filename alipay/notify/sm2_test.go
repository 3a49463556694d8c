package notify_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// sm2Alipay is Alipay's side of an app whose signing method is SM2: openssl holds the key and signs.
type sm2Alipay struct {
	alipaytest.OpenSSL
	public keys.PublicKey
}

func newSM2Alipay(t *testing.T) sm2Alipay {
	t.Helper()
	a := sm2Alipay{OpenSSL: alipaytest.NewOpenSSL(t)}
	private := a.PrivateKeySM2("alipay.pem")
	var err error
	if a.public, err = keys.ParsePublicKey(a.Run(private, "pkey", "-pubout")); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a sm2Alipay) sign(text string) string { return a.SignSM2("alipay.pem", text) }

func (a sm2Alipay) push(with ...string) push {
	p := newPush(append([]string{"sign_type", "SM2"}, with...)...)
	p.by = a.sign
	return p
}

func (a sm2Alipay) verifier(change ...func(*notify.App)) *notify.Verifier {
	a.T.Helper()
	app := notify.App{ID: thirdPartyApp, AlipayKeys: []keys.AlipayKey{{Public: a.public}}}
	for _, each := range change {
		each(&app)
	}
	v, err := notify.NewVerifier([]notify.App{app})
	if err != nil {
		a.T.Fatal(err)
	}
	return v
}

// TestModesUnderSM2 is the matrix of the door for an app of SM2: every rule of the signed text, in
// UTF-8 and GBK, with sign_type and without.
func TestModesUnderSM2(t *testing.T) {
	a := newSM2Alipay(t)
	v := a.verifier()
	empty := func(_, value string) bool { return strings.TrimSpace(value) == "" }
	certSN := func(name, _ string) bool { return name == "alipay_cert_sn" }
	for name, drop := range map[string]func(name, value string) bool{"everything": nil, "no empty values": empty, "no certificate": certSN} {
		for _, overSignType := range []bool{false, true} {
			for charset, memo := range map[string]string{"UTF-8": "中文 +%", "GBK": "\xd6\xd0\xce\xc4 +%"} {
				p := a.push("charset", charset, "alipay_cert_sn", "f00d", "msg_uid", "", "biz_content", `{"memo":"`+memo+`"}`)
				p.drop, p.signType = drop, overSignType
				n := mustRead(t, v, p.body())
				if n.Rule.SignType != overSignType || n.ContentError != nil || string(n.Content) != `{"memo":"中文 +%"}` {
					t.Errorf("%s, sign_type %t, %s: rule %q, content %s (%v)", name, overSignType, charset, n.Rule, n.Content, n.ContentError)
				}
				// A missing sign_type counts as the app's own, in the signed text too.
				signed := p.with("sign", p.sign()).without("sign_type")
				if n := mustRead(t, v, formBody(signed.params)); n.Rule.SignType != overSignType {
					t.Errorf("%s, %s, sign_type taken out: rule %q", name, charset, n.Rule)
				}
			}
		}
	}
}

// TestEveryByteUnderSM2 changes each byte of a genuine body: it is refused, or the same message in
// another spelling.
func TestEveryByteUnderSM2(t *testing.T) {
	a := newSM2Alipay(t)
	v := a.verifier()
	for name, overSignType := range map[string]bool{"standard": false, "over sign_type": true} {
		p := a.push("biz_content", `{"memo":"a&b=c+d"}`)
		p.signType = overSignType
		genuine := []byte(p.body())
		want := mustRead(t, v, string(genuine))
		taken := 0
		for i := range genuine {
			for _, other := range []byte{genuine[i] ^ 1, genuine[i] ^ 0x20, '&', '=', '%', '0', 0xff} {
				if other == genuine[i] {
					continue
				}
				mutated := bytes.Clone(genuine)
				mutated[i] = other
				n, err := v.Notification(mutated)
				if err == nil && !sameMessage(n, want) || err != nil && n != nil {
					t.Fatalf("%s: byte %d changed from %q to %q: %v %v", name, i, genuine[i], other, n, err)
				}
				if err == nil {
					taken++
				}
			}
		}
		if taken == 0 {
			t.Errorf("%s: no spelling was taken", name)
		}
	}
}

// TestNoOtherAlgorithmThanTheApps is the downgrade, in both directions, with whatever key: what a
// message says of itself chooses nothing, and costs no check.
func TestNoOtherAlgorithmThanTheApps(t *testing.T) {
	a := newSM2Alipay(t)
	sha1 := newPush("sign_type", "RSA")
	sha1.sha1 = true
	lying, honest := newPush("sign_type", "SM2"), a.push()
	mislabelled := a.push("sign_type", "RSA2")
	allowSHA1 := func(app *notify.App) { app.AllowSHA1 = true }
	rsa := mustVerifier(t)
	for name, c := range map[string]struct {
		v      *notify.Verifier
		body   string
		reason notify.Reason
	}{
		"RSA2 to an app of SM2":                 {a.verifier(), newPush().body(), notify.ReasonSignTypeNotAllowed},
		"SHA-1 to an app of SM2":                {a.verifier(), sha1.body(), notify.ReasonSignTypeNotAllowed},
		"SHA-1 to it, allowed":                  {a.verifier(allowSHA1), sha1.body(), notify.ReasonSignTypeNotAllowed},
		"RSA2 that says SM2":                    {a.verifier(), lying.body(), notify.ReasonBadSignature},
		"RSA2 that says nothing":                {a.verifier(), newPush().with("sign", newPush().sign()).without("sign_type").form(), notify.ReasonBadSignature},
		"SM2 that says RSA2":                    {a.verifier(), mislabelled.body(), notify.ReasonSignTypeNotAllowed},
		"SM2 to an app of RSA2":                 {rsa, honest.body(), notify.ReasonSignTypeNotAllowed},
		"SM2 to it, as RSA2":                    {rsa, mislabelled.body(), notify.ReasonBadSignature},
		"SM2 to it, saying nothing":             {rsa, honest.with("sign", honest.sign()).without("sign_type").form(), notify.ReasonBadSignature},
		"another word":                          {a.verifier(), a.push("sign_type", "sm2").body(), notify.ReasonSignTypeNotAllowed},
		"an empty word, which is not a missing": {a.verifier(), a.push("sign_type", "").body(), notify.ReasonSignTypeNotAllowed},
	} {
		n, err := c.v.Notification([]byte(c.body))
		var refused *notify.Refusal
		if n != nil || !errors.As(err, &refused) || refused.Reason != c.reason || refused.Verifications != 0 {
			t.Errorf("%s: %v %v", name, n, err)
		}
	}
	if _, err := a.verifier().Notification([]byte(honest.body())); err != nil {
		t.Errorf("the genuine one: %v", err)
	}
}

func (p push) form() string { return formBody(p.params) }

// TestFramesUnderSM2 has the same of the long connection.
func TestFramesUnderSM2(t *testing.T) {
	a := newSM2Alipay(t)
	data := `{"header":{"appId":"` + thirdPartyApp + `","msgApi":"` + alipay.MessageVersionAuditPassed + `"},"content":{"memo":"中文"}}`
	frame := notify.Frame{MessageID: "m1", SignType: keys.SM2, Sign: a.sign(data), Charset: "UTF-8", Data: []byte(data)}
	v := a.verifier()
	n, err := v.Frame(thirdPartyApp, frame)
	if err != nil || n.FrameSignature().SignType != keys.SM2 {
		t.Fatalf("%v %v", n, err)
	}
	for _, other := range []keys.SignType{keys.RSA2, keys.RSA, ""} {
		changed := frame
		changed.SignType = other
		if _, err := v.Frame(thirdPartyApp, changed); !errors.Is(err, &notify.Refusal{Reason: notify.ReasonSignTypeNotAllowed}) {
			t.Errorf("%q: %v", other, err)
		}
	}
	for i := range data {
		changed := frame
		changed.Data = bytes.Clone(frame.Data)
		changed.Data[i] ^= 1
		if _, err := v.Frame(thirdPartyApp, changed); !errors.Is(err, &notify.Refusal{Reason: notify.ReasonBadSignature}) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

// TestRotationUnderSM2 has two live keys: an SM2 digest is of one key, so each is hashed for anew.
func TestRotationUnderSM2(t *testing.T) {
	a, next := newSM2Alipay(t), newSM2Alipay(t)
	v := a.verifier(func(app *notify.App) { app.AlipayKeys = append(app.AlipayKeys, keys.AlipayKey{Public: next.public}) })
	for want, side := range []sm2Alipay{a, next} {
		if n := mustRead(t, v, side.push().body()); n.Key != want {
			t.Errorf("key %d, want %d", n.Key, want)
		}
	}
	mixed := notify.App{ID: thirdPartyApp, AlipayKeys: []keys.AlipayKey{{Public: a.public}, {Public: &AlipayKey().PublicKey}}}
	if _, err := notify.NewVerifier([]notify.App{mixed}); !errors.Is(err, keys.ErrMixedKeys) {
		t.Errorf("keys of two algorithms: %v", err)
	}
}
