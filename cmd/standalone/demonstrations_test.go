package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// demonstrated is how each demonstration order ends. Outside programs rely on
// these names and ends, so they are written out here and not taken from the program.
var demonstrated = map[string]order.Stage{
	"demo-online":            order.StageOnline,
	"demo-rejected-online":   order.StageOnline,
	"demo-base-passed":       order.StageOnline,
	"demo-revoked-online":    order.StageOnline,
	"demo-trial":             order.StageOnline,
	"demo-merchant-rejected": order.StageMerchantRejected,
	"demo-timed-out":         order.StageConfirmTimedOut,
}

// sharedMachine gives three times as long where the machine is a CI's.
func sharedMachine(d time.Duration) time.Duration {
	if os.Getenv("CI") != "" {
		return 3 * d
	}
	return d
}

// demonstrationsEnded is nil once every demonstration order stands at its end.
func (s *standalone) demonstrationsEnded() error {
	for no, end := range demonstrated {
		view, err := s.look(no)
		if err != nil {
			return err
		}
		if view.FinishedAt != nil && view.Stage != end {
			s.t.Fatalf("%s ended %s, want %s", no, view.Stage, end)
		}
		if view.FinishedAt == nil {
			return fmt.Errorf("%s is at %s, hold %+v", no, view.Stage, view.Hold)
		}
	}
	return nil
}

func TestTheDemonstrationsEndAsPromised(t *testing.T) {
	s := startStandalone(t, speed(1000))
	eventually(t, sharedMachine(time.Minute), "every demonstration order has ended", s.demonstrationsEnded)

	told := map[string]func(order.View) bool{
		"demo-online":          func(v order.View) bool { return len(v.Audits) == 1 && *v.Promotable },
		"demo-rejected-online": func(v order.View) bool { return len(v.Audits) == 2 && v.Audits[0].Verdict == order.VerdictRejected },
		"demo-base-passed":     func(v order.View) bool { return v.Audits[0].Verdict == order.VerdictBasePassed && !*v.Promotable },
		"demo-revoked-online":  func(v order.View) bool { return wasHeld(v, order.HoldAuthorizationRevoked) },
		"demo-trial":           func(v order.View) bool { return v.Certification == order.CertificationCertified },
	}
	for no, is := range told {
		if view := s.view(no); !is(view) {
			t.Errorf("%s does not show what it is to show: %+v", no, view)
		}
	}
	eventually(t, patience, "the terminal says so", func() error {
		said, err := os.ReadFile(s.output())
		if err == nil && !strings.Contains(string(said), "Miniflow keeps running") {
			err = fmt.Errorf("it says %q", tail(s.output()))
		}
		return err
	})
	if answer := s.api(http.MethodGet, "/healthz", nil); answer.status != http.StatusOK || !s.runs() {
		t.Errorf("after the demonstrations the program does not go on: %s", answer)
	}
	s.stop()
}

// wasHeld reports whether a hold of this kind is in the order's timeline.
func wasHeld(view order.View, kind order.HoldKind) bool {
	for _, item := range view.Timeline {
		if item.Event == order.HappenedAttentionNeeded && strings.HasPrefix(item.Note.String(), string(kind)) {
			return true
		}
	}
	return false
}

func TestAddressesAreForPrograms(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false")
	text, err := os.ReadFile(s.path("addresses.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api", "ui", "simulator", "temporal", "pid"} {
		if _, there := fields[name]; !there {
			t.Errorf("addresses.json lacks %s: %s", name, text)
		}
	}
	if len(fields) != 5 || s.at.PID != s.process.Process.Pid {
		t.Errorf("addresses.json has %d fields and names process %d, want 5 and %d", len(fields), s.at.PID, s.process.Process.Pid)
	}
	// What is named answers, from its first moment on.
	for _, address := range []string{s.at.API + "/readyz", s.at.UI, s.at.Simulator + "/sim/v1/state"} {
		if answer, err := s.send(http.MethodGet, address, nil, nil); err != nil || answer.status != http.StatusOK {
			t.Errorf("GET %s: %d, %v", address, answer.status, err)
		}
	}
	if at, err := url.Parse("//" + s.at.Temporal); err != nil || at.Port() == "" {
		t.Errorf("temporal %q is no host and port", s.at.Temporal)
	}
	if runs := s.temporal(); len(runs.executions("WorkflowType NOT IN ('"+order.SweepWorkflowType+"', '"+order.WebhookWorkflowType+"')")) != 0 {
		t.Error("without demonstrations there are workflows at the start, beside those that look after orders and tell of them")
	}
	// A test that doesn't ask for manners has none: tests only say whose turn it is.
	if got := s.manners(); got == nil || *got != *alipaysim.DefaultMisbehaviour(1) {
		t.Errorf("Alipay's manners are %+v", got)
	}
	s.stop()
}
