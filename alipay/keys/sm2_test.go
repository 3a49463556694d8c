package keys_test

import (
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

const sm2Text = "app_id=1&biz_content={\"a\":\"中 + %\"}"

// pairSM2 has openssl make a pair, and reads both halves.
func pairSM2(t *testing.T, o alipaytest.OpenSSL) (keys.PrivateKey, keys.PublicKey) {
	t.Helper()
	private, err := keys.ParsePrivateKey(o.PrivateKeySM2("sm2.pem"))
	if err != nil {
		t.Fatal(err)
	}
	o.Run("", "pkey", "-in", "sm2.pem", "-pubout", "-out", "sm2_public.pem")
	public, err := keys.ParsePublicKey(o.Read("sm2_public.pem"))
	if err != nil || !keys.SamePublicKey(public, keys.PublicOf(private)) {
		t.Fatalf("the halves differ: %v", err)
	}
	return private, public
}

func TestOpenSSLAndWeAgreeAboutSM2(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	private, public := pairSM2(t, o)
	if keys.SignTypeOf(public) != keys.SM2 || keys.Bits(public) != 256 {
		t.Fatalf("%s of %d bits", keys.SignTypeOf(public), keys.Bits(public))
	}
	for range 20 { // the numbers of a signature are 31 to 33 bytes long, by chance
		ours, err := keys.Sign(private, keys.SM2, []byte(sm2Text))
		if err != nil {
			t.Fatal(err)
		}
		if !o.VerifiesSM2("sm2_public.pem", sm2Text, ours) {
			t.Fatal("openssl refuses what we sign")
		}
		if err := keys.Verify(public, keys.SM2, []byte(sm2Text), o.SignSM2("sm2.pem", sm2Text)); err != nil {
			t.Fatalf("by openssl: %v", err)
		}
	}
	if o.VerifiesSM2("sm2_public.pem", sm2Text+" ", o.SignSM2("sm2.pem", sm2Text)) {
		t.Error("the check by openssl sees nothing")
	}
}

// TestAnotherUserIDIsAnotherSignature has openssl sign under an identity of its own: who leaves it
// out, or takes another, signs for nobody.
func TestAnotherUserIDIsAnotherSignature(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	_, public := pairSM2(t, o)
	o.Write("text", sm2Text)
	for _, id := range []string{"distid:8765432187654321", "hexdistid:"} {
		raw := o.Run("", "pkeyutl", "-sign", "-inkey", "sm2.pem", "-in", "text", "-rawin", "-digest", "sm3", "-pkeyopt", id)
		err := keys.Verify(public, keys.SM2, []byte(sm2Text), base64.StdEncoding.EncodeToString([]byte(raw)))
		if !errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestEveryByteOfAnSM2SignatureCounts changes one byte at a time, of the signature and of the text.
func TestEveryByteOfAnSM2SignatureCounts(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	_, public := pairSM2(t, o)
	good, err := base64.StdEncoding.DecodeString(o.SignSM2("sm2.pem", sm2Text))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(text string, raw []byte) error {
		return keys.Verify(public, keys.SM2, []byte(text), base64.StdEncoding.EncodeToString(raw))
	}
	if err := verify(sm2Text, good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for _, bit := range []byte{1, 0x80, 0xff} {
			raw := append([]byte(nil), good...)
			raw[i] ^= bit
			if verify(sm2Text, raw) == nil {
				t.Errorf("byte %d of the signature ^ %#x is taken", i, bit)
			}
		}
	}
	for i := range sm2Text {
		text := []byte(sm2Text)
		text[i] ^= 1
		if verify(string(text), good) == nil {
			t.Errorf("byte %d of the text is not signed", i)
		}
	}
	for name, raw := range otherFormsOf(t, good) {
		if err := verify(sm2Text, raw); !errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// otherFormsOf returns a signature in forms that are no DER, and numbers that are none of a
// signature: one signature has one body.
func otherFormsOf(t *testing.T, good []byte) map[string][]byte {
	t.Helper()
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(good, &pair); err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16)
	of := func(r, s *big.Int) []byte {
		raw, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	zero := new(big.Int)
	padded := append([]byte{good[0], good[1] + 1, 2, good[3] + 1, 0}, good[4:]...)
	return map[string][]byte{
		"64 bytes, no DER":     append(pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32))...),
		"a byte behind":        append(append([]byte(nil), good...), 0),
		"a long length":        append([]byte{good[0], 0x81}, good[1:]...),
		"a leading zero":       padded,
		"s negated":            of(pair.R, new(big.Int).Sub(order, pair.S)),
		"r and s exchanged":    of(pair.S, pair.R),
		"r above the order":    of(new(big.Int).Add(pair.R, order), pair.S),
		"s above the order":    of(pair.R, new(big.Int).Add(pair.S, order)),
		"r zero":               of(zero, pair.S),
		"s zero":               of(pair.R, zero),
		"both zero":            of(zero, zero),
		"r and s of the order": of(order, order),
		"eight bytes":          {0x30, 6, 2, 1, 1, 2, 1, 1},
	}
}

// TestTheKeyDecidesTheAlgorithm is the refusal of a downgrade where it is made: a sign type that is
// not the key's signs nothing and verifies nothing.
func TestTheKeyDecidesTheAlgorithm(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	sm2, sm2Public := pairSM2(t, o)
	var rsa keys.PrivateKey = privateKey(t)
	for _, c := range []struct {
		key   keys.PrivateKey
		types []keys.SignType
	}{{sm2, []keys.SignType{keys.RSA2, keys.RSA, ""}}, {rsa, []keys.SignType{keys.SM2, ""}}} {
		own := keys.SignTypeOf(keys.PublicOf(c.key))
		good, err := keys.Sign(c.key, own, []byte(sm2Text))
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range c.types {
			if _, err := keys.Sign(c.key, other, []byte(sm2Text)); !errors.Is(err, keys.ErrSignType) {
				t.Errorf("a key of %s signs as %q: %v", own, other, err)
			}
			if err := keys.Verify(keys.PublicOf(c.key), other, []byte(sm2Text), good); !errors.Is(err, keys.ErrSignType) {
				t.Errorf("a key of %s verifies as %q: %v", own, other, err)
			}
			raw, _ := base64.StdEncoding.DecodeString(good)
			if digest, err := own.Digest(keys.PublicOf(c.key), []byte(sm2Text)); err != nil || other.VerifyDigest(keys.PublicOf(c.key), digest, raw) && other != "" {
				t.Errorf("a digest of %s verifies as %q (%v)", own, other, err)
			}
		}
	}
	if err := keys.CheckPair(sm2Public, keys.PublicOf(rsa)); !errors.Is(err, keys.ErrMixedKeys) {
		t.Errorf("two algorithms: %v", err)
	}
	if err := keys.CheckPair(sm2Public, sm2Public); !errors.Is(err, keys.ErrApplicationKey) {
		t.Errorf("our own key: %v", err)
	}
}

func TestSM2KeysInEveryForm(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	private, public := pairSM2(t, o)
	pkcs8, spki := o.Read("sm2.pem"), o.Read("sm2_public.pem")
	sec1 := o.Run("", "ec", "-in", "sm2.pem")
	for name, text := range map[string]string{
		"PKCS #8": pkcs8, "bare": alipaytest.Bare(t, pkcs8), "SEC 1": sec1, "CRLF": strings.ReplaceAll(pkcs8, "\n", "\r\n"),
		"with its public half": pkcs8 + spki, "twice": pkcs8 + sec1,
	} {
		if key, err := keys.ParsePrivateKey(text); err != nil || !key.Equal(private) {
			t.Errorf("private, %s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"SPKI": spki, "bare": alipaytest.Bare(t, spki)} {
		if key, err := keys.ParsePublicKey(text); err != nil || !keys.SamePublicKey(key, public) {
			t.Errorf("public, %s: %v", name, err)
		}
	}
	// What we write openssl reads as the same.
	der, err := keys.MarshalPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	o.Write("ours.der", string(der))
	if got := o.Run("", "pkey", "-in", "ours.der", "-pubout"); got != spki {
		t.Errorf("openssl reads another key:\n%s", got)
	}
	if der, err = keys.MarshalPublicKey(public); err != nil || base64.StdEncoding.EncodeToString(der) != alipaytest.Bare(t, spki) {
		t.Errorf("our SPKI differs: %v", err)
	}
}

// TestAPointOffTheCurve is a public key that no private key belongs to.
func TestAPointOffTheCurve(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	pairSM2(t, o)
	der, err := base64.StdEncoding.DecodeString(alipaytest.Bare(t, o.Read("sm2_public.pem")))
	if err != nil {
		t.Fatal(err)
	}
	der[len(der)-1] ^= 1
	_, err = keys.ParsePublicKey(base64.StdEncoding.EncodeToString(der))
	var wrong *keys.KeyError
	if !errors.As(err, &wrong) || wrong.Problem != keys.ProblemDamaged {
		t.Errorf("got %v", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, signType := range []keys.SignType{keys.RSA2, keys.SM2} {
		key, err := keys.Generate(signType, 2048)
		if err != nil {
			b.Fatal(err)
		}
		public, message := keys.PublicOf(key), []byte(strings.Repeat(sm2Text, 16))
		sign, err := keys.Sign(key, signType, message)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(signType), func(b *testing.B) {
			for b.Loop() {
				if keys.Verify(public, signType, message, sign) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
