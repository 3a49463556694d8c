package keys_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

func TestOpenSSLVerifiesWhatWeSign(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	key, err := keys.ParsePrivateKey(o.PrivateKey("key.pem", "2048"))
	if err != nil {
		t.Fatal(err)
	}
	o.Run("", "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	const text = "app_id=1&biz_content={\"a\":\"中 + %\"}"
	for signType, digest := range map[keys.SignType]string{keys.RSA2: "-sha256", keys.RSA: "-sha1"} {
		signature, err := keys.Sign(key, signType, []byte(text))
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
		if err := keys.Verify(keys.PublicOf(key), signType, []byte(text), o.Sign("key.pem", digest, text)); err != nil {
			t.Errorf("%s by openssl: %v", signType, err)
		}
	}
}

func TestVerifyTellsWhatIsWrong(t *testing.T) {
	text := []byte("a=1")
	key := privateKey(t)
	good, err := keys.Sign(key, keys.RSA2, text)
	if err != nil {
		t.Fatal(err)
	}
	otherBits := good[:len(good)-3] + string(good[len(good)-3]+1) + "=="
	for name, c := range map[string]struct {
		signType  keys.SignType
		signature string
		want      error
	}{
		"good":                  {keys.RSA2, good, nil},
		"wrapped lines":         {keys.RSA2, good[:76] + "\r\n" + good[76:] + "\n", nil},
		"spaces for plus":       {keys.RSA2, strings.ReplaceAll(good, "+", " ") + " ", keys.ErrSignatureSpaces},
		"unpadded":              {keys.RSA2, strings.TrimRight(good, "="), keys.ErrSignatureEncoding},
		"URL alphabet":          {keys.RSA2, "-_" + good[2:], keys.ErrSignatureEncoding},
		"empty":                 {keys.RSA2, "", keys.ErrSignatureEncoding},
		"stray bits at the end": {keys.RSA2, otherBits, keys.ErrSignatureEncoding},
		"another hash":          {keys.RSA, good, keys.ErrSignature},
		"half a signature":      {keys.RSA2, good[:len(good)/8*4], keys.ErrSignature},
		"unknown sign_type":     {"RSA3", good, keys.ErrSignType},
		"another algorithm":     {keys.SM2, good, keys.ErrSignType},
	} {
		t.Run(name, func(t *testing.T) {
			if err := keys.Verify(&key.PublicKey, c.signType, text, c.signature); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if err := keys.Verify(&privateKey(t).PublicKey, keys.RSA2, text, good); !errors.Is(err, keys.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := keys.Sign(key, "RSA3", text); !errors.Is(err, keys.ErrSignType) {
		t.Errorf("signing with an unknown type: %v", err)
	}
}
