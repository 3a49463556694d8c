package main_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// slow is the speed at which an order asks Alipay for the merchant's answer once
// a minute: what moves it sooner is a message.
var slow = []string{speed(1), "--demo=false", "--well-behaved"}

// openssl signs a text with the private key that lies in the data directory for
// outside programs.
func (s *standalone) openssl(text string) []byte {
	s.t.Helper()
	command := exec.CommandContext(s.t.Context(), "openssl", "dgst", "-sha256", "-sign", s.keyFile("alipay_private.pem")) //nolint:gosec // the path is our own
	command.Stdin = strings.NewReader(text)
	signature, err := command.Output()
	if err != nil {
		s.t.Fatalf("openssl: %v", err)
	}
	return signature
}

// awaitingMerchant starts an order whose merchant has not answered, and waits until it sleeps. It
// returns the order at Alipay.
func (s *standalone) awaitingMerchant(no string) simOrder {
	s.t.Helper()
	s.place(s.formal(no))
	s.awaitStage(no, order.StageAwaitingMerchant)
	known, _ := s.atAlipay(no)
	return known
}

func TestAMessageThatOpenSSLSignedMovesAnOrder(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test is about the openssl command: install the package openssl")
	}
	s := startStandalone(t, slow...)
	s.rules(quiet())
	rules := map[string][]string{"with-sign-type": nil, "without-sign-type": {"sign_type"}}
	for name, leaveOut := range rules {
		waiting := s.awaitingMerchant(name)
		message := confirmed(t, "openssl-"+name, s.answers(waiting.OrderNo, "AGREED"), "AGREED")
		s.acknowledged(message.body(s.openssl(message.text(leaveOut...))))

		view := s.awaitStage(name, order.StageAwaitingAuthorization)
		took := view.StageSince.Sub(reached(view, order.StageAwaitingMerchant))
		if took >= time.Minute {
			t.Errorf("%s: the order moved after %s, when it asks by itself: the message did not move it", name, took)
		}
		s.awaitHeard(name, message.id(), order.DispositionApplied)
	}
}

// What was changed after it was signed is refused, and so is what another key
// signed; the order hears nothing of it.
func TestATamperedMessageIsRefused(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("tampered")
	agreed := s.answers(waiting.OrderNo, "AGREED")
	genuine := s.sign(confirmed(t, "tampered-1", agreed, "AGREED"))
	forgeries := map[string]string{
		"another status":  strings.Replace(genuine, "AGREED", "REJECTED", 1),
		"another id":      strings.Replace(genuine, "tampered-1", "tampered-2", 1),
		"cut before sign": genuine[:strings.Index(genuine, "&sign=")],
		"half of it":      genuine[:len(genuine)/2],
		"one more field":  genuine + "&memo=1",
	}
	before := s.view("tampered")
	for name, forged := range forgeries {
		answer, err := s.post(forged)
		if err != nil || answer.status < http.StatusBadRequest || string(answer.body) != "fail" {
			t.Errorf("%s: the door answers %s, %v; want a refusal and fail", name, answer, err)
		}
	}
	if view := s.view("tampered"); view.Sequence != before.Sequence {
		t.Errorf("a forgery reached the order: %+v", view.Timeline)
	}
	if listed := s.deliveries(""); len(listed) != 0 {
		t.Errorf("a forgery is kept: %+v", listed)
	}
	s.acknowledged(genuine) // the same, unchanged, counts
	s.awaitHeard("tampered", "tampered-1", order.DispositionApplied)
}
