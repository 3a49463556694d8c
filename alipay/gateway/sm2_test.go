package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay/gateway"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

// sm2Platform is Alipay's side of an app of SM2, all of it by openssl: it verifies calls and signs
// answers.
type sm2Platform struct {
	alipaytest.OpenSSL
	config gateway.Config
	// answer makes the body out of the response and its signature.
	answer func(object, sign string) string
}

const sm2Answer = `{"code":"10000","msg":"Success","order_no":"2026112100000001","out_order_no":"o-1","status":"PROCESS"}`

func newSM2Platform(t *testing.T) *sm2Platform {
	t.Helper()
	p := &sm2Platform{OpenSSL: alipaytest.NewOpenSSL(t)}
	private, err := keys.ParsePrivateKey(p.PrivateKeySM2("app.pem"))
	must(t, err)
	p.Run("", "pkey", "-in", "app.pem", "-pubout", "-out", "app_public.pem")
	alipays, err := keys.ParsePublicKey(p.Run(p.PrivateKeySM2("alipay.pem"), "pkey", "-pubout"))
	must(t, err)
	sign := p.SignSM2("alipay.pem", sm2Answer) // once, because a test asks a thousand times
	p.answer = func(object, sign string) string {
		return fmt.Sprintf(`{"alipay_open_mini_isv_query_response":%s,"sign":%q}`, object, sign)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.check(r)
		_, _ = io.WriteString(w, p.answer(sm2Answer, sign))
	}))
	t.Cleanup(server.Close)
	p.config = gateway.Config{AppID: simulatedApp, Endpoint: server.URL + "/gateway.do", PrivateKey: private, Limiter: gateway.NewBudget(1e6),
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{alipays} }}
	return p
}

// check has openssl verify a call over the text that is written out here.
func (p *sm2Platform) check(r *http.Request) {
	p.T.Helper()
	body, err := io.ReadAll(r.Body)
	must(p.T, err)
	form, err := url.ParseQuery(string(body))
	must(p.T, err)
	var pairs []string
	for _, values := range []url.Values{r.URL.Query(), form} {
		for name := range values {
			if name != "sign" {
				pairs = append(pairs, name+"="+values.Get(name))
			}
		}
	}
	slices.Sort(pairs)
	if query := r.URL.Query(); query.Get("sign_type") != "SM2" || !p.VerifiesSM2("app_public.pem", strings.Join(pairs, "&"), query.Get("sign")) {
		p.T.Errorf("openssl refuses the call %v", query)
	}
}

func (p *sm2Platform) ask() error {
	client, err := gateway.NewClient(p.config)
	must(p.T, err)
	_, err = client.QueryMiniProgramOrder(patient(p.T), "2026112100000001")
	return err
}

// TestOpenSSLIsTheGatewayUnderSM2 also changes bytes of the answer, one at a time.
func TestOpenSSLIsTheGatewayUnderSM2(t *testing.T) {
	p := newSM2Platform(t)
	if err := p.ask(); err != nil {
		t.Fatal(err)
	}
	plain, forged := p.answer, 0
	for i := range sm2Answer {
		p.answer = func(object, sign string) string {
			changed := []byte(object)
			changed[i] ^= 1
			return plain(string(changed), sign)
		}
		switch err := p.ask(); {
		case err == nil:
			t.Errorf("byte %d of the answer can be changed to %q", i, sm2Answer[i]^1)
		case errors.Is(err, gateway.ErrBadSignature):
			forged++ // the others are no JSON any more
		}
	}
	if forged < len(sm2Answer)/2 {
		t.Errorf("%d changes of %d were refused for the signature", forged, len(sm2Answer))
	}
}

// TestAnAnswerOfAnotherAlgorithmIsRefused is the downgrade of answers: RSA, whose key could be
// anybody's, for an app of SM2.
func TestAnAnswerOfAnotherAlgorithmIsRefused(t *testing.T) {
	p := newSM2Platform(t)
	rsa, err := keys.ParsePrivateKey(p.PrivateKey("rsa.pem", "2048"))
	must(t, err)
	plain, sign := p.answer, p.Sign("rsa.pem", "-sha256", sm2Answer)
	p.answer = func(object, _ string) string { return plain(object, sign) }
	if err := p.ask(); !errors.Is(err, gateway.ErrBadSignature) {
		t.Errorf("signed with RSA: %v", err)
	}
	// A rotation that brings a key of the other algorithm does not change what is accepted either.
	alipays := p.config.AlipayKey("")[0]
	asked := false
	p.config.AlipayKey = func(string) []keys.PublicKey {
		if !asked { // by NewClient, which refuses the mixture
			asked = true
			return []keys.PublicKey{alipays}
		}
		return []keys.PublicKey{alipays, keys.PublicOf(rsa)}
	}
	if err := p.ask(); !errors.Is(err, gateway.ErrBadSignature) {
		t.Errorf("under an RSA key that came later: %v", err)
	}
	p.config.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{keys.PublicOf(rsa)} }
	if _, err := gateway.NewClient(p.config); !errors.Is(err, keys.ErrMixedKeys) {
		t.Errorf("keys of two algorithms: %v", err)
	}
}
