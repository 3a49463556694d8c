package channel_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// simulateSM2 runs a simulator whose app has the signing method SM2, and returns our side of it.
func simulateSM2(t *testing.T, how way) (*simulation, channel.Config) {
	t.Helper()
	dir := t.TempDir()
	if err := alipaysim.GenerateSM2Keys(dir, appID); err != nil {
		t.Fatal(err)
	}
	app, err := alipaysim.LoadApp(dir, appID)
	if err != nil {
		t.Fatal(err)
	}
	app.WebSocket = []string{"*"}
	sim, err := alipaysim.Open(simulatorConfig(dir, app))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(sim.Handler())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(t.Context()) }()
	t.Cleanup(func() {
		server.Close()
		if err := errors.Join(sim.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	s := &simulation{t: t}
	s.reach(server.URL, server.Certificate())
	config := s.client(how)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, appID, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if config.PrivateKey, err = keys.ParsePrivateKey(read("app_private.pem")); err != nil {
		t.Fatal(err)
	}
	public, err := keys.ParsePublicKey(read("alipay_public.pem"))
	if err != nil {
		t.Fatal(err)
	}
	config.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{public} }
	if config.Verifier, err = notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: public}}}}); err != nil {
		t.Fatal(err)
	}
	return s, config
}

// TestTheLongConnectionUnderSM2 registers, connects, and takes messages, in UTF-8 and GBK; those with
// a wrong signature or a key that is not Alipay's are refused until a genuine one comes.
func TestTheLongConnectionUnderSM2(t *testing.T) {
	for _, charset := range []channel.Charset{channel.UTF8, channel.GBK} {
		t.Run(string(charset), func(t *testing.T) {
			s, config := simulateSM2(t, way{charset: charset})
			kept := newSink()
			r := s.run(config, kept)
			s.fault(`{"kind":"bad_signature","times":2}`, `{"kind":"wrong_key","times":2}`)
			ids := s.send(alipay.MessageVersionAuditPassed, `{"mini_app_id":"2021000000000009","memo":"中文"}`, 10)
			refused := 0
			accepted := map[string]bool{}
			limit := time.After(30 * time.Second)
			for len(accepted) < len(ids) {
				select {
				case e := <-r.events:
					if e.Outcome == channel.OutcomeAccepted {
						kept.mu.Lock()
						for _, id := range kept.order {
							accepted[id] = true
						}
						kept.mu.Unlock()
					}
					if e.Outcome == channel.OutcomeRefused {
						if !errors.Is(e.Err, &notify.Refusal{Reason: notify.ReasonBadSignature}) {
							t.Errorf("refused for %v", e.Err)
						}
						refused++
					}
				case <-limit:
					t.Fatalf("%d of %d messages came, %d were refused", len(accepted), len(ids), refused)
				}
			}
			if refused == 0 {
				t.Error("no fault struck")
			}
		})
	}
}

// TestALongConnectionHasOneAlgorithm gives an app of SM2 Alipay's RSA key.
func TestALongConnectionHasOneAlgorithm(t *testing.T) {
	s, config := simulateSM2(t, way{charset: channel.UTF8})
	rsa := s.client(way{charset: channel.UTF8})
	config.AlipayKey = rsa.AlipayKey
	if _, err := channel.New(withHandle(config)); !errors.Is(err, keys.ErrMixedKeys) {
		t.Errorf("keys of two algorithms: %v", err)
	}
}

func withHandle(config channel.Config) channel.Config {
	config.Handle = newSink().handle
	return config
}
