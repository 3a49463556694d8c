package channel_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
)

// simulation is Alipay's simulated side as a client sees it: an address, and what is needed
// to trust it.
type simulation struct {
	t     testing.TB
	url   string         // of the open channel and of the management API
	roots *x509.CertPool // nil: without TLS
	http  *http.Client
}

// way is how the app and Alipay communicate.
type way struct {
	certificates bool
	plain        bool // without TLS
	charset      channel.Charset
}

// simulate runs a simulator in this process, behind a listener on loopback.
func simulate(t testing.TB, how way) *simulation {
	t.Helper()
	s := &simulation{t: t}
	app := alipaysim.App{ID: appID, AppPublicKey: &appKey().PublicKey, AlipayPrivateKey: alipayKey(), WebSocket: []string{"*"}}
	if how.certificates {
		var err error
		if app.Certificates, err = alipaysim.LoadCertificates(keyDirectory(t), appID); err != nil {
			t.Fatal(err)
		}
	}
	sim, err := alipaysim.Open(simulatorConfig(t.TempDir(), app))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sim.Handler())
	server.Config.ErrorLog = nil
	if how.plain {
		server.Start()
	} else {
		server.StartTLS()
	}
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(t.Context()) }()
	t.Cleanup(func() {
		server.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.reach(server.URL, server.Certificate())
	return s
}

// simulatorConfig has the retries of the real schedule, two thousand times as fast: after 60
// ms, 300 ms, 300 ms, 1.8 s, …
func simulatorConfig(dir string, app alipaysim.App) alipaysim.Config {
	return alipaysim.Config{
		Volatile: true, Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app},
		Speed: 2000, AckTimeout: 700 * time.Millisecond,
	}
}

// certified are the files of certificate mode, for the keys that all tests share.
var certified = sync.OnceValue(func() map[string][]byte {
	dir, err := os.MkdirTemp("", "channel")
	home := filepath.Join(dir, appID)
	if err == nil {
		err = os.Mkdir(home, 0o700)
	}
	if err == nil {
		err = errors.Join(writeKeys(home), alipaysim.GenerateCertificates(dir, appID))
	}
	files := map[string][]byte{}
	list, globErr := filepath.Glob(filepath.Join(home, "*"))
	for _, file := range list {
		text, readErr := os.ReadFile(file)
		files[filepath.Base(file)], err = text, errors.Join(err, readErr)
	}
	if err := errors.Join(err, globErr, os.RemoveAll(dir)); err != nil {
		panic(err)
	}
	return files
})

// writeKeys writes both private keys where the simulator looks for them.
func writeKeys(home string) error {
	for name, key := range map[string]*rsa.PrivateKey{"app": appKey(), "alipay": alipayKey()} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if err := os.WriteFile(filepath.Join(home, name+"_private.pem"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// keyDirectory writes the files of certificate mode.
func keyDirectory(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	home := filepath.Join(dir, appID)
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range certified() {
		if err := os.WriteFile(filepath.Join(home, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// reach records the simulator's address and its certificate.
func (s *simulation) reach(url string, certificate *x509.Certificate) {
	s.url = url
	if certificate != nil {
		s.roots = x509.NewCertPool()
		s.roots.AddCert(certificate)
	}
	transport := s.transport()
	s.http = &http.Client{Transport: transport}
	s.t.Cleanup(transport.CloseIdleConnections)
}

func (s *simulation) transport() *http.Transport {
	if s.roots == nil {
		return new(http.Transport)
	}
	trusted := trusting()
	trusted.RootCAs = s.roots
	return &http.Transport{TLSClientConfig: trusted}
}

// client returns the configuration of our side.
func (s *simulation) client(how way) channel.Config {
	s.t.Helper()
	config := channel.Config{
		AppID: appID, URL: s.url, PrivateKey: appKey(), Verifier: verifierOf(s.t, alipayKey()), Charset: how.charset,
		AlipayKey: func(certSN string) []keys.PublicKey {
			if certSN != "" {
				return nil
			}
			return []keys.PublicKey{&alipayKey().PublicKey}
		},
		Transport: s.transport(),
		// Long enough for a machine whose cores sign for others meanwhile, under the race detector.
		PingEvery: 50 * time.Millisecond, Silence: time.Second,
		Timeouts: channel.Timeouts{Register: time.Second, Handshake: time.Second, Handle: 500 * time.Millisecond},
		Backoff:  channel.Backoff{Min: 20 * time.Millisecond, Max: 100 * time.Millisecond, Stable: 100 * time.Millisecond},
	}
	if how.certificates {
		s.showing(&config)
	}
	return config
}

// showing puts our side into certificate mode, with the platform's downloads.
func (s *simulation) showing(config *channel.Config) {
	s.t.Helper()
	read := func(file string) string { return string(certified()[file]) }
	key, err := keys.ParseAlipayCertificate(read("alipay_cert.crt"))
	if err != nil {
		s.t.Fatal(err)
	}
	own, err := keys.ParseAlipayCertificate(read("app_cert.crt")) // only its serial number matters
	if err != nil {
		s.t.Fatal(err)
	}
	if config.AlipayRootCertSN, err = keys.RootCertificateSN(read("alipay_root.crt"), keys.RSA2); err != nil {
		s.t.Fatal(err)
	}
	config.AppCertSN = own.CertSN
	config.AlipayKey = func(certSN string) []keys.PublicKey {
		if certSN != key.CertSN {
			return nil
		}
		return []keys.PublicKey{key.Public}
	}
}

// run starts our side with a sink behind it.
func (s *simulation) run(config channel.Config, into *sink) *rig {
	s.t.Helper()
	r := &rig{t: s.t, done: make(chan error, 1), log: new(lockedBuffer), events: make(chan channel.Event, 1<<16)}
	config.Handle = into.handle
	observe := config.Observe
	config.Observe = func(ctx context.Context, e channel.Event) {
		if observe != nil {
			observe(ctx, e)
			return
		}
		r.events <- e
	}
	config.Log = newLog(r.log)
	var err error
	if r.client, err = channel.New(config); err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	r.stop = stop
	go func() { r.done <- r.client.Run(ctx); close(r.done) }()
	s.t.Cleanup(r.end)
	return r
}

// manage makes a successful call of the simulator's management API.
func (s *simulation) manage(method, path, body string, into any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+"/sim/v1/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.http.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, response.Status, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

// send requests messages of one name and content, and returns their ids.
func (s *simulation) send(name, content string, count int) []string {
	s.t.Helper()
	body := fmt.Sprintf(`{"app_id":%q,"msg_method":%q,"count":%d`, appID, name, count)
	if content != "" {
		body += `,"biz_content":` + content
	}
	var sent struct {
		One  string   `json:"notify_id"`
		Many []string `json:"notify_ids"`
	}
	s.manage(http.MethodPost, "messages", body+"}", &sent)
	if count == 1 {
		return []string{sent.One}
	}
	return sent.Many
}

// fault replaces the faults of the long connection.
func (s *simulation) fault(faults ...string) {
	s.t.Helper()
	s.manage(http.MethodPut, "faults", `{"channel":[`+strings.Join(faults, ",")+`]}`, nil)
}

// disconnect ends the links; how is close or reset.
func (s *simulation) disconnect(how string) {
	s.t.Helper()
	s.manage(http.MethodPost, "apps/"+appID+"/disconnect", `{"how":"`+how+`"}`, nil)
}

// poll waits for a condition that no event signals.
func poll(t testing.TB, what string, within time.Duration, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(within)
	defer limit.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("%v have passed without this: %s", within, what)
		}
	}
}
