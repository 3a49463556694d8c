package alipay_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"testing"
)

// benchmarkModes are the ways in which messages come. Compare BenchmarkVerify
// with BenchmarkBareRSA of the same run: all that stands between the two is
// reading the form and the content.
func benchmarkModes(b *testing.B) map[string]push {
	b.Helper()
	overSignType := newPush()
	overSignType.signType = true
	return map[string]push{
		"without sign_type": newPush(),
		"with sign_type":    overSignType,
		"certificate":       newPush("alipay_cert_sn", "aaaa"),
		"GBK":               newPush("charset", "GBK", "biz_content", `{"app_name":"`+chineseGBK+`"}`),
	}
}

func BenchmarkVerify(b *testing.B) {
	app := thirdParty()
	app.AlipayKeys[0].CertSN = "aaaa"
	for mode, p := range benchmarkModes(b) {
		b.Run(mode, func(b *testing.B) {
			v, body := mustVerifier(b, app), []byte(p.body())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Notification(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBareRSA(b *testing.B) {
	for mode, p := range benchmarkModes(b) {
		b.Run(mode, func(b *testing.B) {
			text, public := []byte(p.text()), &alipayKey().PublicKey
			signature, err := base64.StdEncoding.DecodeString(p.sign())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				sum := sha256.Sum256(text)
				if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) != nil {
					b.Fatal("bad signature")
				}
			}
		})
	}
}

// BenchmarkRefuse measures what a stranger's message costs before any RSA.
func BenchmarkRefuse(b *testing.B) {
	v := mustVerifier(b)
	body := []byte(newPush("app_id", "2021999999999999").body())
	b.ReportAllocs()
	for b.Loop() {
		if n, _ := v.Notification(body); n != nil {
			b.Fatal("taken")
		}
	}
}
