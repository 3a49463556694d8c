package door

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/alipay/notify"
)

func genuineCheck() (*notify.Notification, error) { return &notify.Notification{}, nil }

func forgedCheck() (*notify.Notification, error) {
	return nil, &notify.Refusal{Reason: notify.ReasonBadSignature, Verifications: 2}
}

func malformedCheck() (*notify.Notification, error) {
	return nil, &notify.Refusal{Reason: notify.ReasonMalformed}
}

// A sender is trusted once something genuine has come from it, by its connection and by its
// address, and not for a while after a forgery.
func TestWhichSendersAreTrusted(t *testing.T) {
	now := doorNow()
	s := newSenders(func() time.Time { return now })
	say := func(remote string, check func() (*notify.Notification, error)) {
		_, _ = s.verify(t.Context(), remote, check)
	}
	trusted := func(remote string) bool { return s.trusts(senderNames(remote)) }
	if trusted("10.0.0.1:1") {
		t.Error("a stranger is trusted")
	}
	say("10.0.0.1:1", genuineCheck)
	if !trusted("10.0.0.1:1") || !trusted("10.0.0.1:2") || trusted("10.0.0.2:1") {
		t.Error("after a genuine message its connection and its address are trusted, and no other")
	}
	say("10.0.0.1:1", malformedCheck)
	if !trusted("10.0.0.1:1") {
		t.Error("what is malformed was no forgery")
	}
	// Behind a proxy: the forger's connection takes the trust of the address, and not that of
	// the other connections.
	say("10.0.0.1:666", forgedCheck)
	if !trusted("10.0.0.1:1") || trusted("10.0.0.1:2") || trusted("10.0.0.1:666") {
		t.Error("a forgery has to take the trust of its connection and its address alone")
	}
	say("10.0.0.1:3", genuineCheck)
	if !trusted("10.0.0.1:3") || trusted("10.0.0.1:667") {
		t.Error("a genuine message has to open its connection, and not the address to its forgers")
	}
	say("10.0.0.1:1", forgedCheck)
	say("10.0.0.1:1", genuineCheck)
	if trusted("10.0.0.1:1") {
		t.Error("a forger is trusted")
	}
	now = now.Add(suspectFor)
	if !trusted("10.0.0.1:1") || !trusted("10.0.0.1:2") {
		t.Error("suspicion does not end")
	}
	say("10.9.9.9:1", forgedCheck)
	if s.known["10.9.9.9"] != nil {
		t.Error("a forger is remembered, and could push what is genuine out")
	}
}

func TestTrustedSendersAreBounded(t *testing.T) {
	s := newSenders(time.Now)
	for i := range 2 * trustedSenders {
		s.genuine(senderNames(fmt.Sprintf("10.%d.%d.1:80", i/256, i%256)))
	}
	if len(s.known) != trustedSenders || s.recent.Len() != trustedSenders {
		t.Errorf("%d and %d are remembered", len(s.known), s.recent.Len())
	}
}

// While strangers fill their lanes a trusted sender does not wait; the strangers do, and no
// longer than the answer allows.
func TestStrangersWaitAndTheTrustedDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSenders(time.Now)
		s.genuine(senderNames("10.0.0.1:1"))
		for range cap(s.lanes) {
			s.lanes <- struct{}{}
		}
		began := time.Now()
		if _, err := s.verify(t.Context(), "10.0.0.1:1", genuineCheck); err != nil || time.Since(began) > 0 {
			t.Errorf("a trusted sender: %v after %v", err, time.Since(began))
		}
		for range strangersWaiting {
			go func() { _, _ = s.verify(t.Context(), "10.0.0.2:1", genuineCheck) }()
		}
		synctest.Wait()
		if err := refusalOf(s.verify(t.Context(), "10.0.0.2:1", genuineCheck)); err != ReasonFlood || time.Since(began) > 0 {
			t.Errorf("one too many waits: %v after %v", err, time.Since(began))
		}
		<-time.After(laneWithin)
		synctest.Wait()
		if err := refusalOf(s.verify(t.Context(), "10.0.0.2:1", genuineCheck)); err != ReasonFlood || time.Since(began) != 2*laneWithin {
			t.Errorf("a stranger: %v after %v", err, time.Since(began))
		}
		s.leave()
		if _, err := s.verify(t.Context(), "10.0.0.2:1", genuineCheck); err != nil {
			t.Errorf("with a free lane: %v", err)
		}
		synctest.Wait()
	})
}

func refusalOf(_ *notify.Notification, err error) notify.Reason {
	var refusal *notify.Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

// After a forgery a lane rests, so that forgers get a share of it whatever they send; after
// anything else it does not.
func TestALaneRestsAfterAForgery(t *testing.T) {
	slowly := func(check func() (*notify.Notification, error)) func() (*notify.Notification, error) {
		return func() (*notify.Notification, error) {
			<-time.After(time.Millisecond)
			return check()
		}
	}
	for name, c := range map[string]struct {
		check func() (*notify.Notification, error)
		rest  time.Duration
	}{"forged": {forgedCheck, forgeryRest * time.Millisecond}, "genuine": {genuineCheck, 0}, "malformed": {malformedCheck, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSenders(time.Now)
				for range cap(s.lanes) - 1 {
					s.lanes <- struct{}{}
				}
				_, _ = s.verify(t.Context(), "10.0.0.2:1", slowly(c.check))
				began := time.Now()
				if reason := s.enter(t.Context()); reason != "" || time.Since(began) != c.rest {
					t.Errorf("%q after %v, want %v", reason, time.Since(began), c.rest)
				}
			})
		})
	}
}

func TestAPanicFreesItsLane(t *testing.T) {
	s := newSenders(time.Now)
	for range 3 * cap(s.lanes) {
		func() {
			defer func() { _ = recover() }()
			_, _ = s.verify(t.Context(), "10.0.0.2:1", func() (*notify.Notification, error) { panic("canary") })
		}()
	}
	if reason := s.enter(t.Context()); reason != "" {
		t.Errorf("no lane is free: %s", reason)
	}
}

// What is too large for any signature waits for no lane, announced or not, so that its sender
// learns what is wrong even while others flood.
func TestTooLargeIsNoFlood(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	s.door.senders.waiting.Store(strangersWaiting)
	for range cap(s.door.senders.lanes) {
		s.door.senders.lanes <- struct{}{}
	}
	for _, announced := range []int64{-1, MaxNotificationBody + 1} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", &endless{left: MaxNotificationBody + 1})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = announced
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		wantAnswer(t, s.send(r), http.StatusRequestEntityTooLarge, "fail")
	}
	if counted := s.metric("miniflow_door_refusals_total", string(notify.ReasonTooLarge)); counted != 2 {
		t.Errorf("counted %v times, want 2", counted)
	}
}

// At the door: a flood is 503, and the reason is counted.
func TestAFloodIsAnsweredFail(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	for range cap(s.door.senders.lanes) {
		s.door.senders.lanes <- struct{}{}
	}
	s.door.senders.waiting.Store(strangersWaiting)
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), http.StatusServiceUnavailable, "fail")
	if s.metric("miniflow_door_refusals_total", string(ReasonFlood)) != 1 {
		t.Error("it is not counted")
	}
	s.door.senders.waiting.Store(0)
	s.door.senders.leave()
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), http.StatusOK, "success")
}
