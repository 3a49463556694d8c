package main_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// crashSpeed lets the demonstrations take so long that they are under way through
// a dozen short lives of the program.
const crashSpeed = 120

// randomness returns a generator whose seed is printed; SEED in the environment
// brings a run back.
func randomness(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SEED: %v", err)
		}
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// stalls are the writes that Alipay carries out and does not answer, once each.
func stalls() []alipaysim.Fault {
	struck := func(method, outOrderNo string) alipaysim.Fault {
		return alipaysim.Fault{
			Method: method, OutOrderNo: outOrderNo, Kind: alipaysim.FaultStallAfterCommit, For: after(time.Hour), Times: 1,
		}
	}
	return []alipaysim.Fault{
		struck("alipay.open.mini.isv.create", "demo-online"),
		struck("alipay.open.mini.isv.fastregister.create", "demo-trial"),
		struck("alipay.open.mini.version.upload", "demo-base-passed"),
		struck("alipay.open.mini.version.audit.apply", "demo-rejected-online"),
		struck("alipay.open.mini.version.online", "demo-revoked-online"),
	}
}

// One data directory through some twenty deaths: in its very first start, between
// what Alipay did and what it would have answered, and at any moment. In the end
// every order stands where it would have stood, and Alipay did everything once.
func TestKilledAgainAndAgainEveryOrderComesToItsEnd(t *testing.T) {
	t.Parallel()
	random := randomness(t)
	s, backend := newStandalone(t), newListener(t)
	s.always = []string{"--webhook-url", backend.server.URL}
	s.killInTheFirstStart(random, 2)
	s.start(speed(crashSpeed), "--demo=false")
	s.faults(stalls()...)
	s.kill()

	deaths := &deaths{s: s, seen: map[uint64]bool{}}
	s.start(speed(crashSpeed))
	for deaths.unanswered < 3 && s.demonstrationsEnded() != nil {
		deaths.awaitUnanswered()
		s.start(speed(crashSpeed))
	}
	for range 10 {
		wait(random, 2*time.Second)
		deaths.atAnyMoment()
		if random.IntN(2) == 0 {
			s.killWhileStarting(random, time.Second)
		}
		s.start(speed(crashSpeed))
	}
	for deaths.unanswered < len(stalls()) && s.demonstrationsEnded() != nil {
		deaths.awaitUnanswered()
		s.start(speed(crashSpeed))
	}
	eventually(t, 3*time.Minute, "every demonstration order has ended", s.demonstrationsEnded)
	t.Logf("killed between deed and answer: %d, at any moment: %d, of these with orders under way: %d",
		deaths.unanswered, deaths.random, deaths.underWay)
	if deaths.unanswered < 3 || deaths.underWay < 5 {
		t.Error("the kills came too late to say something")
	}
	s.wantEverythingOnce()
	eventually(t, 3*time.Minute, "the backend was told of each", func() error { return backend.heardOf(demonstrated) })
	t.Logf("%d posts, %d events came again", backend.posts, backend.repeats)
	s.stop()
}

// killInTheFirstStart kills the program early, before it has told its addresses.
func (s *standalone) killInTheFirstStart(random *rand.Rand, times int) {
	s.t.Helper()
	for range times {
		s.killWhileStarting(random, 300*time.Millisecond) // an idle machine starts it in less than a second
		if _, err := os.Stat(s.path("addresses.json")); err == nil {
			s.t.Fatal("the first start was over before it was killed: kill sooner")
		}
	}
}

// killWhileStarting kills the program at a moment of the time that a start takes.
func (s *standalone) killWhileStarting(random *rand.Rand, most time.Duration) {
	s.t.Helper()
	s.launch(speed(crashSpeed))
	wait(random, most)
	s.kill()
}

// wait lets a random time pass: the moment of a kill is the test's input.
func wait(random *rand.Rand, most time.Duration) {
	<-time.After(time.Duration(random.Int64N(int64(most))))
}

// deaths counts the kills of one data directory.
type deaths struct {
	s                            *standalone
	seen                         map[uint64]bool
	unanswered, random, underWay int
}

// stalled finds a call that did its work and waits for its answer, and was not killed yet.
func (d *deaths) stalled() bool {
	found := false
	for _, call := range d.s.calls() {
		if call.Fault == alipaysim.FaultStallAfterCommit && call.Effect && !call.Answered && !d.seen[call.Seq] {
			d.seen[call.Seq] = true
			found = true
		}
	}
	return found
}

// awaitUnanswered kills the program between a write at Alipay and its answer, or
// gives up when every order has ended.
func (d *deaths) awaitUnanswered() {
	d.s.t.Helper()
	ended := false
	eventually(d.s.t, 3*time.Minute, "a call waits for its answer", func() error {
		if d.stalled() {
			return nil
		}
		if ended = d.s.demonstrationsEnded() == nil; ended {
			return nil
		}
		return errNotYet
	})
	d.s.kill()
	if !ended {
		d.unanswered++
	}
}

// atAnyMoment kills the program at the moment it is at.
func (d *deaths) atAnyMoment() {
	if d.s.demonstrationsEnded() != nil {
		d.underWay++
	}
	if d.stalled() {
		d.unanswered++
	}
	d.s.kill()
	d.random++
}

// wantEverythingOnce compares what Alipay did with what the orders' ends need.
func (s *standalone) wantEverythingOnce() {
	s.t.Helper()
	want := map[string]int{}
	for no := range demonstrated {
		maps.Copy(want, s.deedsOf(no))
	}
	got := map[string]int{}
	for _, call := range s.calls() {
		if call.Effect {
			got[path.Ext(call.Method)+" "+call.Key]++
		}
	}
	for deed, times := range want {
		if got[deed] != times {
			s.t.Errorf("Alipay did %q %d times, want %d", deed, got[deed], times)
		}
	}
	for deed, times := range got {
		if want[deed] == 0 {
			s.t.Errorf("Alipay did %q %d times, and nobody needed it", deed, times)
		}
	}
	for no := range demonstrated {
		id := order.WorkflowID(appID, no)
		runs := s.temporal().executions(fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus != 'ContinuedAsNew'", id))
		if len(runs) != 1 {
			s.t.Errorf("%s has %d workflows, want one", no, len(runs))
		}
	}
}

// deedsOf is what one demonstration order's end takes, by Alipay's method and the
// key that makes it idempotent.
func (s *standalone) deedsOf(no string) map[string]int {
	s.t.Helper()
	view := s.view(no)
	deeds := map[string]int{".create " + no: 1}
	if view.Stage != order.StageOnline {
		return deeds
	}
	var mini simMini
	for _, one := range s.state().MiniPrograms {
		if one.OutOrderNo == no {
			mini = one
		}
	}
	if len(mini.Versions) != 1 || mini.Versions[0].Phase != alipaysim.Release || mini.Versions[0].Attempts != len(view.Audits) {
		s.t.Errorf("%s has %d attempts, and at Alipay the versions %+v; want one, online", no, len(view.Audits), mini.Versions)
	}
	version := " " + mini.MiniAppID + "/" + view.Version.AppVersion
	maps.Copy(deeds, map[string]int{".upload" + version: 1, ".apply" + version: len(view.Audits), ".online" + version: 1})
	if again := len(view.Audits) - 1; again > 0 {
		deeds[".cancel"+version] = again
	}
	return deeds
}

// A process that is asked to end does so in order, and the next one goes on.
func TestStoppedAndStartedAgainGoesOn(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("restarted")
	s.stop()
	s.start(slow...)
	message := confirmed(t, "restarted-1", s.answers(waiting.OrderNo, "REJECTED"), "REJECTED")
	s.pushed(message)
	s.awaitStage("restarted", order.StageMerchantRejected)
	eventually(t, patience, "the order is listed", func() error {
		if answer := s.api(http.MethodGet, "/v1/orders?stage="+string(order.StageMerchantRejected), nil); !strings.Contains(answer.String(), `"restarted"`) {
			return errNotYet
		}
		return nil
	})
}
