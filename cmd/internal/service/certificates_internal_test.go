package service

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/internal/config"
)

const renewedApp = "2021000000000031"

// renewing is a service in certificate mode whose Alipay counts what it is asked for.
type renewing struct {
	*Service
	simulator *alipaysim.Simulator
	asked     atomic.Int64
}

func newRenewing(t *testing.T) *renewing {
	t.Helper()
	dir := t.TempDir()
	if err := alipaysim.GenerateCertificates(dir, renewedApp); err != nil {
		t.Fatal(err)
	}
	app, err := alipaysim.LoadApp(dir, renewedApp)
	if err == nil {
		app.Certificates, err = alipaysim.LoadCertificates(dir, renewedApp)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &renewing{}
	if r.simulator, err = alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}}); err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		r.simulator.Handler().ServeHTTP(w, q)
	}))
	t.Cleanup(func() { gateway.Close(); _ = r.simulator.Close() })
	text := func(name string) string { return contents(t, filepath.Join(dir, renewedApp, name)) }
	cfg := config.Defaults()
	cfg.Apps = []config.App{{
		ID: renewedApp, Endpoint: gateway.URL + "/gateway.do", PrivateKey: config.Secret(text("app_private.pem")),
		Certificates: config.Certificates{
			App: text("app_cert.crt"), Root: text("alipay_root.crt"), Alipay: []config.Certificate{{Cert: text("alipay_cert.crt")}},
		},
	}}
	cfg.Fill()
	log := slog.New(slog.DiscardHandler)
	r.Service = &Service{options: Options{Config: cfg, Log: log}}
	if r.apps, _, err = readApps(cfg, log, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

func contents(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// within polls until it is so, and reports whether it came to that.
func within(t *testing.T, limit time.Duration, so func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); !so(); {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// TestANewCertificateIsFollowed from the first answer that comes under it, without
// anybody asking about it, and is live beside the old one.
func TestANewCertificateIsFollowed(t *testing.T) {
	r := newRenewing(t)
	sn, err := r.simulator.RotateCertificate(renewedApp)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { r.followCertificates(ctx); close(ended) }()
	keys := r.apps[0].keys
	if !within(t, 30*time.Second, func() bool { return keys.has(sn) }) || len(keys.all()) != 2 {
		t.Errorf("after %d calls the keys are %v", r.asked.Load(), keys.all())
	}
	if got := r.asked.Load(); got != 2 {
		t.Errorf("%d calls, want the look and the download", got)
	}
	stop()
	<-ended
	// The answer that brought the certificate came under it. It is here now, and not wanted again.
	go func() { keys.unknown <- sn; keys.unknown <- "another" }()
	if wanted := keys.wanted(t.Context(), nil, nil, func() {}); wanted != "another" {
		t.Errorf("certificate %s is wanted", wanted)
	}
}

// TestCertificatesAreAskedForSlowly checks that however many numbers answers name, the calls
// have their pace; and nothing waits for them.
func TestCertificatesAreAskedForSlowly(t *testing.T) {
	r := newRenewing(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { r.followCertificates(ctx); close(ended) }()
	if !within(t, 30*time.Second, func() bool { return r.asked.Load() == 1 }) {
		t.Fatal("it did not look at the start")
	}
	for i := range 1000 {
		if keys := r.apps[0].keys.lookup(fmt.Sprintf("%032x", i)); len(keys) != 0 {
			t.Fatal("a number that nobody knows has a key")
		}
	}
	if within(t, time.Second, func() bool { return r.asked.Load() > 2 }) {
		t.Errorf("%d calls in a second", r.asked.Load())
	}
	stop()
	<-ended
}

// TestKeysThatWereFetchedGiveWay checks that live keys are bounded, and those of the
// configuration stay.
func TestKeysThatWereFetchedGiveWay(t *testing.T) {
	key := func(sn string) keys.AlipayKey {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return keys.AlipayKey{Public: &made.PublicKey, CertSN: sn}
	}
	keys := newAlipayKeys([]keys.AlipayKey{key("old"), key("current")})
	for i := range alipay.MaxKeys {
		keys.add(key(fmt.Sprint(i)))
	}
	var names []string
	for _, one := range keys.all() {
		names = append(names, one.CertSN)
	}
	if got := strings.Join(names, " "); got != "old current 2 3 4 5 6 7" {
		t.Errorf("the keys are %s", got)
	}
	if keys.newest() != "7" || len(keys.lookup("old")) != 1 || len(keys.lookup("")) != alipay.MaxKeys || len(keys.lookup("0")) != 0 {
		t.Error("keys are found under other names than their own")
	}
}
