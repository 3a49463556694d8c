package main_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// manners asks how the simulated Alipay misbehaves.
func (s *standalone) manners() *alipaysim.Misbehaviour {
	s.t.Helper()
	var faults alipaysim.Faults
	s.sim(http.MethodGet, "faults", nil, &faults)
	return faults.Misbehaviour
}

// Certificates, encryption and good manners are flags: an order goes online under
// all three, and each of its messages comes once.
func TestAWellBehavedAlipayWithCertificatesAndEncryption(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false", "--mode=certificate", "--cert-sn=signed", "--aes", "--well-behaved")
	if got := s.manners(); got != nil {
		t.Errorf("a well-behaved Alipay misbehaves: %+v", got)
	}
	s.rules(untilPushed())
	s.place(s.formal("sealed"))
	s.awaitStage("sealed", order.StageOnline)
	made, messages := s.pushes()
	if len(made) != len(messages) || len(made) < 4 {
		t.Errorf("%d messages were delivered %d times", len(messages), len(made))
	}
	for _, delivery := range made {
		if !delivery.Success {
			t.Errorf("%s was not taken: %+v", delivery.Message, delivery)
		}
	}
}

func TestACertificatesNumberNeedsACertificate(t *testing.T) {
	t.Parallel()
	said, err := exec.CommandContext(t.Context(), program, "--data-dir", t.TempDir(), "--cert-sn=signed").CombinedOutput() //nolint:gosec // the program that TestMain built
	if err == nil || !strings.Contains(string(said), "--mode certificate") {
		t.Errorf("%v: %s", err, said)
	}
}
