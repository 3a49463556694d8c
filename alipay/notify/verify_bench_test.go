package notify_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

// benchmarkMode is a kind of message: how one is read and verified, and how many RSA
// operations that took.
type benchmarkMode struct {
	name string
	read func() (checks int, err error)
}

// benchmarkModes begin with the plainest message; each of the others differs from it in one
// thing, and the last ones in everything, or in not being Alipay's.
func benchmarkModes(b *testing.B) []benchmarkMode {
	b.Helper()
	app := thirdParty()
	app.AESKey, app.AlipayKeys[0].CertSN = []byte("0123456789abcdef"), "aaaa"
	v := mustVerifier(b, app)
	content := `{"app_name":"` + chineseUTF8 + `","order_no":"2026112100262110001","out_order_no":"OUT1","min_app_id":"2021000000000009","status":"AGREED"}`
	gbk := `{"app_name":"` + chineseGBK + `","order_no":"2026112100262110001","out_order_no":"OUT1","min_app_id":"2021000000000009","status":"AGREED"}`
	plain := newPush("biz_content", content)
	signType := plain.with()
	signType.signType = true
	legacy := plain.with("notify_type", alipay.MessageOpenAppAuth, "status", "execute_auth", "auth_app_id", "2021000000000009",
		"notify_time", "2026-11-21 20:00:01").without("msg_method", "utc_timestamp", "version")
	everything := legacy.with("alipay_cert_sn", "aaaa", "charset", "GBK", "encrypt_type", "AES", "biz_content", encryptAES(b, app.AESKey, []byte(gbk)))
	everything.signType = true
	forged := plain.with()
	forged.key = ApplicationKey()
	modes := []benchmarkMode{}
	for _, c := range []struct {
		name string
		push push
	}{
		{"rule without sign_type, key, UTF-8, plain, standard", plain},
		{"rule with sign_type", signType},
		{"certificate", plain.with("alipay_cert_sn", "aaaa")},
		{"GBK", plain.with("charset", "GBK", "biz_content", gbk)},
		{"AES", plain.with("encrypt_type", "AES", "biz_content", encryptAES(b, app.AESKey, []byte(content)))},
		{"legacy layout", legacy},
		{"all of these", everything},
		{"forged", forged},
	} {
		verifier, body := mustVerifier(b, app), []byte(c.push.body())
		modes = append(modes, benchmarkMode{c.name, func() (int, error) { return checksOf(verifier.Notification(body)) }})
	}
	frame := newFrame(b, frameData)
	inGBK := newFrame(b, `{"header":{"appId":"`+thirdPartyApp+`","msgApi":"a.b"},"content":`+gbk+`}`)
	inGBK.Charset = "GBK"
	return append(modes,
		benchmarkMode{"frame of the long connection", func() (int, error) { return checksOf(v.Frame(thirdPartyApp, frame)) }},
		benchmarkMode{"frame of the long connection, GBK", func() (int, error) { return checksOf(v.Frame(thirdPartyApp, inGBK)) }})
}

// checksOf counts the RSA operations of a message, accepted or refused for its signature.
func checksOf(n *notify.Notification, err error) (int, error) {
	var refusal *notify.Refusal
	if errors.As(err, &refusal) && refusal.Reason == notify.ReasonBadSignature {
		return refusal.Verifications, nil
	}
	if err != nil {
		return 0, err
	}
	return n.Verifications, n.ContentError
}

// BenchmarkVerify measures reading and verifying a message against one bare RSA operation.
// The two alternate, so that other load on the machine affects both, and the medians are
// compared. ns/op and ratio/rsa are those of the message, the latter for each RSA operation
// that it took: the part above 1 is everything besides the arithmetic.
func BenchmarkVerify(b *testing.B) {
	sum := sha256.Sum256([]byte("text"))
	signature, err := rsa.SignPKCS1v15(nil, AlipayKey(), crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range benchmarkModes(b) {
		b.Run(m.name, func(b *testing.B) {
			var ofMessage, ofRSA []time.Duration
			checks, messages := 0, 0
			for b.Loop() {
				began := time.Now()
				done, err := m.read()
				between := time.Now()
				failed := rsa.VerifyPKCS1v15(&AlipayKey().PublicKey, crypto.SHA256, sum[:], signature)
				ended := time.Now()
				if err != nil || failed != nil {
					b.Fatal(err, failed)
				}
				ofMessage, ofRSA = append(ofMessage, between.Sub(began)), append(ofRSA, ended.Sub(between))
				checks, messages = checks+done, messages+1
			}
			each := float64(checks) / float64(messages)
			message, bare := median(ofMessage), median(ofRSA)
			b.ReportMetric(message, "ns/op")
			b.ReportMetric(message/bare/each, "ratio/rsa")
			b.ReportMetric(each, "rsa/op")
			b.ReportMetric(allocations(m), "allocs/msg")
		})
	}
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Nanoseconds())
}

// allocations counts those of one message, without the bare operation.
func allocations(m benchmarkMode) float64 {
	const rounds = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		_, _ = m.read()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / rounds
}

// BenchmarkRefuse measures the cost of a stranger's message before any RSA.
func BenchmarkRefuse(b *testing.B) {
	v := mustVerifier(b)
	for name, p := range map[string]push{
		"unknown app": newPush("app_id", "2021999999999999"),
		"no base64":   newPush("sign", "***"),
	} {
		body := []byte(formBody(p.params))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, _ := v.Notification(body); n != nil {
					b.Fatal("taken")
				}
			}
		})
	}
}
