package gateway

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// issue makes a certificate of key, signed by issuer, as PEM text.
func issue(t *testing.T, name string, key *rsa.PublicKey, issuer *x509.Certificate, issuerKey *rsa.PrivateKey) (*x509.Certificate, string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(int64(len(name)) + 1000),
		Subject:               pkix.Name{CommonName: name, Country: []string{"CN"}},
		NotBefore:             gatewayNow().Add(-time.Hour),
		NotAfter:              gatewayNow().Add(time.Hour),
		IsCA:                  issuer == nil,
		BasicConstraintsValid: true,
	}
	if issuer == nil {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	return certificate, text.String()
}

// Alipay renews its certificate and signs the answer that carries it with the very key in it:
// only the chain proves the certificate.
func TestDownloadAlipayCertificate(t *testing.T) {
	rootKey, otherKey := newGatewayKey(), newGatewayKey()
	root, roots := issue(t, "root", &rootKey.PublicKey, nil, rootKey)
	leaf, genuine := issue(t, "Alipay", &gatewayAlipayKey().PublicKey, root, rootKey)
	other, selfMade := issue(t, "Alipay", &otherKey.PublicKey, nil, otherKey)
	sn := keys.CertificateSN(leaf)

	for _, test := range []struct {
		name, certificate, asked string
		sign                     bool
		want                     func(error) bool
		late                     time.Duration
	}{
		{"genuine", genuine, sn, true, nil, 0},
		{"genuine, and ran out", genuine, sn, true, is(keys.ErrCertificateRanOut), 2 * time.Hour},
		{"unsigned", genuine, sn, false, is(ErrUnsigned), 0},
		{"another than asked for", genuine, "0b", true, is(ErrOtherCertificate), 0},
		{"self-made", selfMade, sn, true, as[x509.UnknownAuthorityError], 0},
		{"self-made, and a genuine one behind it", "\ufeff" + selfMade + genuine, keys.CertificateSN(other), true, is(ErrOtherCertificate), 0},
		{"no certificate", "hello", sn, true, as[*keys.KeyError], 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := success(`"alipay_cert_content":"` + base64.StdEncoding.EncodeToString([]byte(test.certificate)) + `"`)
			gateway := newFakeGateway(t, func(w http.ResponseWriter, _ *http.Request) {
				signature := ""
				if test.sign {
					signature = signAsAlipay(object)
				}
				writeAnswer(w, fmt.Sprintf(`{"%s":%s,"alipay_cert_sn":"%s","sign":"%s"}`, memberOf(alipay.MethodCertDownload), object, sn, signature))
			})
			client := gateway.client(func(c *Config) {
				c.AppCertSN, c.AlipayRootCertSN = "aa", "bb"
				c.AlipayKey = func(string) []keys.PublicKey { return nil }
				c.Now = func() time.Time { return gatewayNow().Add(test.late) }
			})
			key, err := client.DownloadAlipayCertificate(t.Context(), test.asked, roots)
			if test.want == nil {
				if err != nil || key.CertSN != sn || !key.Public.Equal(&gatewayAlipayKey().PublicKey) {
					t.Errorf("key %q and error %v, want the certificate's", key.CertSN, err)
				}
				return
			}
			if key.Public != nil || !test.want(err) {
				t.Errorf("key %v and error %v, want no key and another error", key.Public, err)
			}
		})
	}
}

// as returns a condition for an error type.
func as[E error](err error) bool {
	var found E
	return errors.As(err, &found)
}

func is(want error) func(error) bool {
	return func(err error) bool { return errors.Is(err, want) }
}

// No other method may accept an answer under an unknown certificate.
func TestOnlyTheDownloadTakesAnUnknownCertificate(t *testing.T) {
	object := success(`"status":"AGREED"`)
	gateway := newFakeGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		writeAnswer(w, fmt.Sprintf(`{"%s":%s,"alipay_cert_sn":"0b","sign":"%s"}`, queryMember, object, signAsAlipay(object)))
	})
	client := gateway.client(func(c *Config) { c.AlipayKey = func(string) []keys.PublicKey { return nil } })
	if _, err := client.QueryMiniProgramOrder(t.Context(), "ORD1"); !errors.Is(err, ErrUnknownCert) {
		t.Errorf("error %v, want the certificate unknown", err)
	}
}
