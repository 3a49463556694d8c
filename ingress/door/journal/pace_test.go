package journal

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// burst offers n messages a millisecond for a time, and returns how many were dispatched
// meanwhile.
func (e *env) burst(perMillisecond int, d time.Duration) int {
	e.t.Helper()
	begin := len(e.temporal.all(""))
	var all sync.WaitGroup
	for i := range int(d / time.Millisecond) {
		for k := range perMillisecond {
			all.Go(func() { e.mustAccept(fmt.Sprintf("OUT%d-%d-%d", begin, i, k), "n") })
		}
		<-time.After(time.Millisecond)
	}
	all.Wait()
	return len(e.temporal.all("")) - begin
}

// In a burst dispatch yields to acceptance, and goes on at full pace as soon as it is over.
func TestDispatchYieldsInABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.disk = (&faults{quick: true}).over
		e.config.MaxMessages = 1 << 20
		e.temporal.takes = 10 * time.Millisecond
		e.start()
		e.burst(4, 200*time.Millisecond) // the first window shows that there is a burst
		// One at a time with rests is one in 250 ms; at full pace it would be 800.
		if during := e.burst(4, time.Second); during > 6 || during < 3 {
			t.Errorf("%d were dispatched in a second of the burst", during)
		}
		began, left := time.Now(), e.journal.Status().Messages
		e.drained()
		full := time.Duration(left/e.config.Workers) * e.temporal.takes
		if took := time.Since(began); took > full+3*paceWindow {
			t.Errorf("the rest took %v, full pace %v", took, full)
		}
		e.end()
	})
}

// Load without end is dispatched at full pace after a while.
func TestDispatchDoesNotYieldForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.disk = (&faults{quick: true}).over
		e.config.MaxMessages = 1 << 20
		e.config.Workers = 2
		e.temporal.takes = 10 * time.Millisecond
		e.start()
		e.burst(1, yieldFor)
		if later := e.burst(1, 2*time.Second); later < 380 {
			t.Errorf("%d were dispatched in two seconds", later)
		}
		e.end()
	})
}

// What dispatch keeps up with is not a burst.
func TestDispatchThatKeepsUpDoesNotYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.disk = (&faults{quick: true}).over
		e.temporal.takes = 5 * time.Millisecond
		e.start()
		if got := e.burst(1, 2*time.Second); got < 1900 {
			t.Errorf("%d of 2000 were dispatched", got)
		}
		e.end()
	})
}

// After a rest few are on their way at once, since a burst may have begun; one more with each that
// Temporal has taken, however long that takes.
func TestDispatchBeginsWithFew(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	p := pace{workers: 8}
	most := func() int {
		for n := range 100 {
			if allowed, _ := p.allows(n, now); !allowed {
				return n
			}
		}
		return 100
	}
	p.arrivals(1, 0, now)
	if got := most(); got != firstWidth {
		t.Errorf("%d are on their way at first, want %d", got, firstWidth)
	}
	for range 2 {
		now = now.Add(4 * paceWindow) // so long Temporal takes
		p.took(4*paceWindow, now)
		p.arrivals(0, firstWidth, now)
	}
	if got := most(); got != firstWidth+2 {
		t.Errorf("two were taken, and %d are on their way, want %d", got, firstWidth+2)
	}
	for range 10 {
		p.took(time.Millisecond, now)
	}
	if got := most(); got != p.workers {
		t.Errorf("%d are on their way at last, want %d", got, p.workers)
	}
	now = now.Add(2 * paceWindow)
	p.arrivals(1, 0, now)
	if got := most(); got != firstWidth {
		t.Errorf("%d are on their way after a rest, want %d", got, firstWidth)
	}
}

// A burst is noticed before its first window ends, when what dispatch has begun would slow the
// door's answers already.
func TestABurstIsNoticedAtOnce(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	p := pace{workers: 8}
	p.arrivals(1, 0, now)
	p.arrivals(busyArrivals, 1, now.Add(time.Millisecond))
	if allowed, _ := p.allows(1, now.Add(time.Millisecond)); allowed {
		t.Error("in a burst a second message is on its way")
	}
	p.arrivals(0, 1, now.Add(paceWindow))
	p.arrivals(0, 1, now.Add(2*paceWindow))
	if allowed, _ := p.allows(1, now.Add(2*paceWindow)); !allowed {
		t.Error("the burst is over, and dispatch yields still")
	}
}

// While several arrive together a sync is soon after another only if it takes long by itself;
// one that sends alone waits for nobody.
func TestSyncsRestWhileSeveralArriveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		faults := &faults{quick: true, takes: syncEvery / 20}
		e.disk = faults.over
		e.temporal.setRefuse(down)
		e.start()
		began := time.Now()
		e.mustAccept("ALONE", ids(100)...)
		if took := time.Since(began); took != 100*faults.takes {
			t.Errorf("one that sends alone had its answers in %v, syncs took %v", took, 100*faults.takes)
		}
		before := faults.count("sync")
		began = time.Now()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() { e.mustAccept(fmt.Sprint("OUT", i), ids(50)...) })
		}
		all.Wait()
		took := time.Since(began)
		if syncs, most := faults.count("sync")-before, 2+int(took/syncEvery); syncs > most {
			t.Errorf("%d syncs in %v, want at most %d", syncs, took, most)
		}
		e.end()
	})
}

func TestPauses(t *testing.T) {
	last := time.Duration(0)
	for failures := 1; failures < 100; failures++ {
		p := pause(failures)
		if p < last || p < firstPause || p > longestPause {
			t.Errorf("%d failures: %v", failures, p)
		}
		last = p
	}
	if last != longestPause {
		t.Errorf("the longest is %v", last)
	}
}
