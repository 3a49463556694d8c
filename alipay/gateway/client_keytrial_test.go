package gateway_test

import (
	"errors"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
)

// verdicts is a trial in short: own, Alipay's, content.
type verdicts [3]gateway.KeyVerdict

func verdictsOf(trial gateway.KeyTrial) verdicts {
	return verdicts{trial.Own, trial.Alipays, trial.Content}
}

// TestATrialShowsEveryKey checks in every mode that one harmless call shows for each key
// whether it is the one that Alipay has.
func TestATrialShowsEveryKey(t *testing.T) {
	const holds, fails, unseen = gateway.KeyHolds, gateway.KeyFails, gateway.KeyUnseen
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			p := newPlatform(t, m)
			another, err := keys.Generate(keys.SignTypeOf(keys.PublicOf(p.config.PrivateKey)), 2048)
			must(t, err)
			content := unseen
			if len(p.config.AESKey) > 0 {
				content = holds
			}
			foreign := func(c *gateway.Config) {
				c.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{keys.PublicOf(another)} }
			}
			private := func(c *gateway.Config) { c.PrivateKey = another }
			aes := func(c *gateway.Config) {
				if len(c.AESKey) > 0 {
					c.AESKey = []byte("fedcba9876543210")
				}
			}
			right := p.client().TryKeys(patient(t))
			if got, want := verdictsOf(right), (verdicts{holds, holds, content}); got != want || right.Err != nil {
				t.Errorf("all is right: %v (%v), want %v", got, right.Err, want)
			}
			if known := p.config.AlipayKey(""); !keys.SamePublicKey(right.Signer, known[0]) {
				t.Error("the signer is another key")
			}
			wrongAES := content
			if content == holds {
				wrongAES = fails
			}
			for name, c := range map[string]struct {
				change func(*gateway.Config)
				want   verdicts
				failed bool
			}{
				"Alipay's key is another":     {foreign, verdicts{holds, fails, content}, false},
				"the private key is another":  {private, verdicts{fails, holds, unseen}, true},
				"the content key is another":  {aes, verdicts{holds, holds, wrongAES}, content == holds},
				"this machine's clock is off": {func(c *gateway.Config) { c.Now = func() time.Time { return p.clock().Add(-time.Hour) } }, verdicts{unseen, holds, unseen}, true},
				"the gateway is another":      {func(c *gateway.Config) { c.Endpoint = p.server.URL + "/elsewhere" }, verdicts{unseen, unseen, unseen}, true},
			} {
				trial := p.client(c.change).TryKeys(patient(t))
				if got := verdictsOf(trial); got != c.want || (trial.Err != nil) != c.failed {
					t.Errorf("%s: %v (%v), want %v", name, got, trial.Err, c.want)
				}
			}
		})
	}
}

// TestATrialThatIsDisturbed checks that a trial asserts nothing that it has not seen.
func TestATrialThatIsDisturbed(t *testing.T) {
	const holds, fails, unseen = gateway.KeyHolds, gateway.KeyFails, gateway.KeyUnseen
	p := newPlatform(t, mode{})
	for kind, c := range map[string]struct {
		want   verdicts
		failed bool
	}{
		alipaysim.FaultRateLimit:    {verdicts{unseen, holds, unseen}, true},
		alipaysim.FaultHTTPStatus:   {verdicts{unseen, unseen, unseen}, true},
		alipaysim.FaultDropBefore:   {verdicts{unseen, unseen, unseen}, true},
		alipaysim.FaultHalfAnswer:   {verdicts{unseen, unseen, unseen}, true},
		alipaysim.FaultUnsigned:     {verdicts{holds, unseen, unseen}, false},
		alipaysim.FaultBadSignature: {verdicts{holds, fails, unseen}, false},
	} {
		must(t, p.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{{Kind: kind}}}))
		trial := p.client().TryKeys(patient(t))
		if got := verdictsOf(trial); got != c.want || (trial.Err != nil) != c.failed {
			t.Errorf("%s: %v (%v), want %v", kind, got, trial.Err, c.want)
		}
	}
	must(t, p.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{{Kind: alipaysim.FaultError, SubCode: "APP_NOT_ISV"}}}))
	var refused *gateway.Error
	if trial := p.client().TryKeys(patient(t)); trial.Own != holds || !errors.As(trial.Err, &refused) || refused.SubCode != "APP_NOT_ISV" {
		t.Errorf("an app that is no third-party app: %v (%v)", verdictsOf(trial), trial.Err)
	}
}

// TestATrialUnderAnUnknownCertificate checks that the trial names it, so that it can be
// fetched.
func TestATrialUnderAnUnknownCertificate(t *testing.T) {
	p := newPlatform(t, mode{certificates: true})
	sn, err := p.sim.RotateCertificate(simulatedApp)
	must(t, err)
	trial := p.client().TryKeys(patient(t))
	if got, want := verdictsOf(trial), (verdicts{gateway.KeyHolds, gateway.KeyFails, gateway.KeyUnseen}); got != want || trial.UnknownCertSN != sn {
		t.Errorf("%v under %q, want %v under %s", got, trial.UnknownCertSN, want, sn)
	}
}
