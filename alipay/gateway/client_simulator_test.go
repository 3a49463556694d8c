package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
)

const (
	simulatedApp = "2021999999999999"
	contentKey   = "aa4BtZ4tspm2wnXLb1ThQA==" // of a vector that the official SDKs publish
)

// mode is how an application and Alipay authenticate, and whether contents are encrypted.
type mode struct {
	name                    string
	certificates, encrypted bool
	// keyed gives the client an AES key that it doesn't encrypt with.
	keyed bool
	sm2   bool
}

func modes() []mode {
	return []mode{
		{name: "key mode, plain"},
		{name: "key mode, plain, an AES key configured", keyed: true},
		{name: "key mode, AES", encrypted: true},
		{name: "certificate mode, plain", certificates: true},
		{name: "certificate mode, AES", certificates: true, encrypted: true},
		{name: "SM2, plain", sm2: true},
		{name: "SM2, AES", sm2: true, encrypted: true},
	}
}

// platform is a simulated Alipay with the test's clock, and what a client of it needs.
type platform struct {
	t      *testing.T
	mode   mode
	sim    *alipaysim.Simulator
	server *httptest.Server
	config gateway.Config
	wire   *wire
	roots  string // the bundle of certificate mode

	mu  sync.Mutex
	now time.Time
}

// newPlatform starts a simulator in a mode. Its pushes are recorded but not sent.
func newPlatform(t *testing.T, m mode) *platform {
	t.Helper()
	p := &platform{t: t, mode: m, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	generate := alipaysim.GenerateKeys
	if m.certificates {
		generate = alipaysim.GenerateCertificates
	}
	if m.sm2 {
		generate = alipaysim.GenerateSM2Keys
	}
	must(t, generate(dir, simulatedApp))
	app, err := alipaysim.LoadApp(dir, simulatedApp)
	must(t, err)
	if m.certificates {
		app.Certificates, err = alipaysim.LoadCertificates(dir, simulatedApp)
		must(t, err)
	}
	app.AESKey, err = keys.ParseAESKey(contentKey)
	must(t, err)
	p.sim, err = alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}, Now: p.clock})
	must(t, err)
	p.server = httptest.NewServer(p.sim.Handler())
	t.Cleanup(func() {
		p.server.Close()
		must(t, p.sim.Close())
	})
	p.configure(filepath.Join(dir, simulatedApp))
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// configure reads the files that the console would have offered for download.
func (p *platform) configure(dir string) {
	p.t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		must(p.t, err)
		return string(text)
	}
	private, err := keys.ParsePrivateKey(read("app_private.pem"))
	must(p.t, err)
	p.wire = &wire{t: p.t}
	p.config = gateway.Config{
		AppID: simulatedApp, Endpoint: p.server.URL + "/gateway.do", PrivateKey: private, Now: p.clock,
		HTTP: &http.Client{Transport: p.wire},
	}
	if p.mode.encrypted || p.mode.keyed {
		p.config.AESKey, err = keys.ParseAESKey(contentKey)
		must(p.t, err)
	}
	if p.mode.encrypted {
		p.config.EncryptType = gateway.EncryptAES
	}
	if !p.mode.certificates {
		key, err := keys.ParsePublicKey(read("alipay_public.pem"))
		must(p.t, err)
		p.config.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{key} }
		return
	}
	own, err := keys.ParseAlipayCertificate(read("app_cert.crt"))
	must(p.t, err)
	p.roots = read("alipay_root.crt")
	p.config.AppCertSN = own.CertSN
	p.config.AlipayRootCertSN, err = keys.RootCertificateSN(p.roots, keys.RSA2)
	must(p.t, err)
	key, err := keys.ParseAlipayCertificate(read("alipay_cert.crt"))
	must(p.t, err)
	p.config.AlipayKey = func(sn string) []keys.PublicKey {
		if sn != "" && sn != key.CertSN {
			return nil
		}
		return []keys.PublicKey{key.Public}
	}
}

// client returns a client, its configuration changed by change.
func (p *platform) client(change ...func(*gateway.Config)) *gateway.Client {
	p.t.Helper()
	config := p.config
	for _, one := range change {
		one(&config)
	}
	client, err := gateway.NewClient(config)
	must(p.t, err)
	return client
}

func (p *platform) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// pass advances the clock, running each due action at its own time.
func (p *platform) pass(d time.Duration) {
	p.t.Helper()
	end := p.clock().Add(d)
	for {
		next, err := p.sim.RunDue(p.t.Context())
		must(p.t, err)
		p.mu.Lock()
		ended := next.IsZero() || next.After(end)
		if p.now = next; ended {
			p.now = end
		}
		p.mu.Unlock()
		if ended {
			return
		}
	}
}

// manage makes a call of the simulator's management API and reads its answer.
func (p *platform) manage(method, path, body string, into any) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL+"/sim/v1/"+path, strings.NewReader(body))
	must(p.t, err)
	response, err := http.DefaultClient.Do(request)
	must(p.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(p.t, err)
	if response.StatusCode >= 300 {
		p.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	if into != nil {
		must(p.t, json.Unmarshal(text, into))
	}
}

// calls returns the simulator's own record of the calls.
func (p *platform) calls() []alipaysim.Call {
	p.t.Helper()
	var view struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	p.manage(http.MethodGet, "calls", "", &view)
	return view.Calls
}

// wire records what is transmitted.
type wire struct {
	t  *testing.T
	mu sync.Mutex
	// contents are the biz_content of every call, encryptTypes its parameter encrypt_type.
	contents, encryptTypes []string
	// answers are the bodies of the answers.
	answers []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form := url.Values{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, err
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), &failing{err}))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.contents = append(w.contents, form.Get("biz_content"))
	w.encryptTypes = append(w.encryptTypes, r.URL.Query().Get("encrypt_type"))
	w.answers = append(w.answers, string(answer))
	return response, nil
}

// failing ends with the error that the real answer ended with.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// squareLogo returns a logo that Alipay accepts.
func squareLogo(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	must(t, png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 180, 180))))
	return file.Bytes()
}

// patient returns a context of a minute, whatever the test does meanwhile.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// unknownCertificate returns the serial number that an answer named and the client did not
// know; empty for any other error.
func unknownCertificate(err error) string {
	var unknown *gateway.UnknownCertificateError
	if errors.As(err, &unknown) {
		return unknown.SN
	}
	return ""
}

// anotherKey returns a public key that signed nothing.
func anotherKey(t *testing.T) func(string) []keys.PublicKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return func(string) []keys.PublicKey { return []keys.PublicKey{&key.PublicKey} }
}
