package alipaysim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

func TestOpenRefusesWhatCanNotWork(t *testing.T) {
	app, alipay := keyPairs()
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // the weak key that must be refused
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(*alipaysim.Config)
		says string
	}{
		{"no path", func(c *alipaysim.Config) { c.Path = "" }, "Config.Path is empty"},
		{"negative speed", func(c *alipaysim.Config) { c.Speed = -1 }, "use a number above 0"},
		{"an app without id", func(c *alipaysim.Config) { c.Apps[0].ID = "" }, "has no ID"},
		{"an app without key", func(c *alipaysim.Config) { c.Apps[0].AppPublicKey = nil }, "lacks a key"},
		{"a short key", func(c *alipaysim.Config) { c.Apps[0].AppPublicKey = &weak.PublicKey }, "below 2048 bits"},
		{"the same app twice", func(c *alipaysim.Config) { c.Apps = append(c.Apps, c.Apps[0]) }, "configured twice"},
		{"an unknown rule", func(c *alipaysim.Config) { c.Apps[0].NotifyRule = "some" }, "unknown NotifyRule"},
		{"an unknown charset", func(c *alipaysim.Config) { c.Apps[0].Charset = "EBCDIC" }, "is not known"},
		{"an address that is none", func(c *alipaysim.Config) { c.Apps[0].GatewayURL = "here" }, "not an absolute http or https URL"},
		{"a negative deadline", func(c *alipaysim.Config) { c.AckTimeout = -1 }, "AckTimeout"},
		{"a negative life", func(c *alipaysim.Config) { c.LinkTokenLife = -1 }, "LinkTokenLife"},
		{"a certificate's number without one", func(c *alipaysim.Config) { c.Apps[0].CertSNInPushes = alipaysim.SignedCertSN }, "set Certificates"},
		{"an unknown rule for it", func(c *alipaysim.Config) { c.Apps[0].CertSNInPushes = "some" }, "unknown CertSNInPushes"},
		{"a short AES key", func(c *alipaysim.Config) { c.Apps[0].AESKey = make([]byte, 15) }, "has 15 bytes"},
		{"encryption without a key", func(c *alipaysim.Config) { c.Apps[0].EncryptPushes = true }, "without an AESKey"},
		{"a broken glob", func(c *alipaysim.Config) { c.Apps[0].WebSocket = []string{"[a"} }, "is not a glob"},
		{"a file that can't be made", func(c *alipaysim.Config) { c.Path = filepath.Join(c.Path, "x") }, "open"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := alipaysim.Config{Path: filepath.Join(t.TempDir(), "a.db"), Apps: []alipaysim.App{{ID: appID, AppPublicKey: &app.PublicKey, AlipayPrivateKey: alipay}}}
			test.edit(&cfg)
			if err := opened(t, cfg); !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// opened returns why a configuration can't be opened.
func opened(t *testing.T, cfg alipaysim.Config) error {
	t.Helper()
	sim, err := alipaysim.Open(cfg)
	if err == nil {
		_ = sim.Close()
		t.Fatal("it was opened")
	}
	return err
}

func TestTwoSimulatorsNeverShareAFile(t *testing.T) {
	w := newWorld(t)
	if sim, err := alipaysim.Open(w.cfg); err == nil || !strings.Contains(err.Error(), "in use by another simulator") {
		if err == nil {
			_ = sim.Close()
		}
		t.Errorf("%v", err)
	}
}

// Run, with the real clock and a great speed, needs nobody to push it.
func TestRunDrivesALifeByItself(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.Now, c.Speed, c.Rand = nil, 1e6, nil })
	ended := make(chan error)
	stopped := w.t.Context().Done()
	go func() { ended <- w.sim.Run(t.Context()) }()
	w.clock.set(time.Now())
	if r := w.call(createMethod, "", createFields("run-1")); r.code() != "10000" {
		t.Fatalf("create: %v", r)
	}
	poll(t, "the authorisation arrives", func() bool { return len(w.pushes("open_app_auth_notify")) == 1 })
	token := w.lastPush("open_app_auth_notify").biz["detail"].(map[string]any)["app_auth_token"].(string)
	w.call("alipay.open.mini.version.upload", token, map[string]string{"template_id": "1", "app_version": "1.0.0"})
	poll(t, "the scan passes", func() bool { return w.submitted(token, "1.0.0").code() == "10000" })
	poll(t, "the verdict arrives", func() bool { return len(w.pushes("alipay.open.mini.version.audit.passed")) == 1 })
	select {
	case err := <-ended:
		t.Errorf("Run ended early: %v", err)
	case <-stopped:
	default:
	}
	w.close() // Close ends Run
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
