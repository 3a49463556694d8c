package alipay_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
)

func TestOpenSSLVerifiesWhatWeSign(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	key, err := alipay.ParsePrivateKey(o.PrivateKey("key.pem", "2048"))
	if err != nil {
		t.Fatal(err)
	}
	o.Run("", "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	const text = "app_id=1&biz_content={\"a\":\"中 + %\"}"
	for signType, digest := range map[alipay.SignType]string{alipay.RSA2: "-sha256", alipay.RSA: "-sha1"} {
		signature, err := alipay.Sign(key, signType, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(signature)
		if err != nil {
			t.Fatal(err)
		}
		o.Write("signature", string(raw))
		if out := o.Run(text, "dgst", digest, "-verify", "public.pem", "-signature", "signature"); out != "Verified OK\n" {
			t.Errorf("%s: openssl says %s", signType, out)
		}
		if err := alipay.Verify(&key.PublicKey, signType, []byte(text), o.Sign("key.pem", digest, text)); err != nil {
			t.Errorf("%s by openssl: %v", signType, err)
		}
	}
}

func TestVerifyTellsWhatIsWrong(t *testing.T) {
	text := []byte("a=1")
	good, err := alipay.Sign(alipayKey(), alipay.RSA2, text)
	if err != nil {
		t.Fatal(err)
	}
	otherBits := good[:len(good)-3] + string(good[len(good)-3]+1) + "=="
	for name, c := range map[string]struct {
		signType  alipay.SignType
		signature string
		want      error
	}{
		"good":                  {alipay.RSA2, good, nil},
		"wrapped lines":         {alipay.RSA2, good[:76] + "\r\n" + good[76:] + "\n", nil},
		"spaces for plus":       {alipay.RSA2, strings.ReplaceAll(good, "+", " ") + " ", alipay.ErrSignatureSpaces},
		"unpadded":              {alipay.RSA2, strings.TrimRight(good, "="), alipay.ErrSignatureEncoding},
		"URL alphabet":          {alipay.RSA2, "-_" + good[2:], alipay.ErrSignatureEncoding},
		"empty":                 {alipay.RSA2, "", alipay.ErrSignatureEncoding},
		"stray bits at the end": {alipay.RSA2, otherBits, alipay.ErrSignatureEncoding},
		"another hash":          {alipay.RSA, good, alipay.ErrSignature},
		"half a signature":      {alipay.RSA2, good[:len(good)/8*4], alipay.ErrSignature},
		"unknown sign_type":     {"SM2", good, alipay.ErrSignType},
	} {
		t.Run(name, func(t *testing.T) {
			if err := alipay.Verify(&alipayKey().PublicKey, c.signType, text, c.signature); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if err := alipay.Verify(&applicationKey().PublicKey, alipay.RSA2, text, good); !errors.Is(err, alipay.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := alipay.Sign(alipayKey(), "SM2", text); !errors.Is(err, alipay.ErrSignType) {
		t.Errorf("signing with an unknown type: %v", err)
	}
}

func TestEveryHintIsWritten(t *testing.T) {
	for _, reason := range alipay.Reasons() {
		if hint := reason.Hint(); len(hint) < 20 || strings.Contains(hint, "package documentation") {
			t.Errorf("%s: %q", reason, hint)
		}
	}
	for _, problem := range alipay.ContentProblems() {
		if text := (&alipay.ContentError{Problem: problem}).Error(); !strings.Contains(text, "; ") {
			t.Errorf("%s: %q", problem, text)
		}
	}
}
