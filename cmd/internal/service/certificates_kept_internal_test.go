package service

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/alipaysim"
	"miniflow/internal/config"
)

// restarted is another process with the same configuration, or one of another Alipay's where roots are
// given. Its Alipay is down.
func (r *renewing) restarted(t *testing.T, edit ...func(*config.Config)) *Service {
	t.Helper()
	cfg := *r.options.Config
	cfg.Apps = append([]config.App{}, cfg.Apps...)
	cfg.Apps[0].Endpoint = "http://127.0.0.1:1/gateway.do"
	for _, change := range edit {
		change(&cfg)
	}
	s := &Service{options: Options{Config: &cfg, Log: slog.New(slog.DiscardHandler)}}
	var err error
	if s.apps, _, err = readApps(&cfg, s.options.Log, nil); err != nil {
		t.Fatal(err)
	}
	if s.fetched, err = newCertificateStore(&cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

// fetchedAndKept has Alipay change its certificate, and the service fetch and keep it.
func fetchedAndKept(t *testing.T) (r *renewing, sn, file string) {
	t.Helper()
	r = newRenewing(t)
	r.options.Config.Files.Store.Folder = filepath.Join(t.TempDir(), "files")
	var err error
	if r.fetched, err = newCertificateStore(r.options.Config); err != nil {
		t.Fatal(err)
	}
	if sn, err = r.simulator.RotateCertificate(renewedApp); err != nil {
		t.Fatal(err)
	}
	r.fetchCertificate(t.Context(), &r.apps[0], sn)
	file = filepath.Join(r.options.Config.Files.Store.Folder, "certificates", renewedApp, sn+".crt")
	if !r.apps[0].keys.has(sn) || !strings.HasPrefix(contents(t, file), "-----BEGIN CERTIFICATE-----") {
		t.Fatal("it was not fetched, or is not kept as it is")
	}
	return r, sn, file
}

// TestAFetchedCertificateOutlivesItsProcess checks that messages under it verify from the first moment
// of the next process, while Alipay can't be asked, and that other processes take it over.
func TestAFetchedCertificateOutlivesItsProcess(t *testing.T) {
	r, sn, _ := fetchedAndKept(t)
	next := r.restarted(t)
	if next.apps[0].keys.has(sn) {
		t.Fatal("the configuration has it, which proves nothing")
	}
	next.loadCertificates(t.Context())
	verified := verifiedApps(next.apps)[0].AlipayKeys
	if len(verified) != 2 || verified[1].CertSN != sn || verified[1].NotAfter.IsZero() {
		t.Errorf("the next process has %v", verified)
	}
	if _, err := newVerifier(next.apps); err != nil {
		t.Error(err)
	}
	next.options.Registry = prometheus.NewRegistry()
	if err := next.observeCertificates(); err != nil {
		t.Fatal(err)
	}
	next.apps[0].keys.add(next.apps[0].keys.all()[0]) // the configured one, twice
	if families, err := next.options.Registry.Gather(); err != nil || len(families) != 1 || len(families[0].GetMetric()) != 3 {
		t.Errorf("want the days of the app's certificate and two of Alipay's, got %v: %v", families, err)
	}
	// A process that ran all the while looks there before it asks Alipay.
	other := r.restarted(t)
	wanted := make(chan string, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		wanted <- other.apps[0].keys.wanted(ctx, nil, nil, func() { other.loadCertificates(ctx) })
	}()
	other.apps[0].keys.lookup(sn) // an answer under it
	if !within(t, 30*time.Second, func() bool { return other.apps[0].keys.has(sn) }) {
		t.Error("what another process has fetched is not taken over")
	}
	stop()
	if again := <-wanted; again != "" {
		t.Errorf("%s is asked for, and is here", again)
	}
}

// TestAKeptCertificateIsProvenAgain checks that who can write to the place can add nothing: what no
// configured root vouches for, what is under another's number and what is no certificate counts for
// nothing, and disturbs nobody.
func TestAKeptCertificateIsProvenAgain(t *testing.T) {
	r, sn, file := fetchedAndKept(t)
	foreign := t.TempDir()
	if err := alipaysim.GenerateCertificates(foreign, renewedApp); err != nil {
		t.Fatal(err)
	}
	genuine := contents(t, file)
	middle := len(genuine) / 4
	for name, text := range map[string]string{
		"of another authority": contents(t, filepath.Join(foreign, renewedApp, "alipay_cert.crt")),
		"one byte changed":     genuine[:middle] + string('A'+(genuine[middle]+1)%26) + genuine[middle+1:],
		"cut off":              genuine[:len(genuine)/3],
		"nothing":              "",
		"the configured one":   r.options.Config.Apps[0].Certificates.Alipay[0].Cert, // genuine, under another number
		"the application's":    r.options.Config.Apps[0].Certificates.App,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		next := r.restarted(t)
		next.loadCertificates(t.Context())
		if got := next.apps[0].keys.all(); len(got) != 1 {
			t.Errorf("%s: it is trusted: %v", name, got)
		}
	}
	if err := os.WriteFile(file, []byte(genuine), 0o600); err != nil {
		t.Fatal(err)
	}
	// Another app's folder is not looked at, and without a place nothing is kept or read.
	elsewhere := r.restarted(t, func(cfg *config.Config) { cfg.Files.Store.Folder = "" })
	elsewhere.loadCertificates(t.Context())
	if elsewhere.fetched != nil || elsewhere.apps[0].keys.has(sn) {
		t.Error("there is no place, and something was read from it")
	}
	archive := r.restarted(t, func(cfg *config.Config) { cfg.Archive, cfg.Files.Store = cfg.Files.Store, config.FileStore{} })
	archive.loadCertificates(t.Context())
	if !archive.apps[0].keys.has(sn) {
		t.Error("the archive is no place")
	}
}
