package journal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
	"miniflow/words"
)

func TestWhatIsAcceptedIsDispatchedInOrderPerTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.takes = 3 * time.Millisecond
		e.start()
		var all sync.WaitGroup
		for target := range 5 {
			all.Go(func() { e.mustAccept(fmt.Sprintf("OUT%d", target), ids(40)...) })
		}
		all.Wait()
		e.drained()
		for target := range 5 {
			e.want(fmt.Sprintf("OUT%d", target), ids(40)...)
		}
		e.end()
		if e.metric("appended_total") != 200 || e.metric("dispatched_total") != 200 || e.metric("messages") != 0 {
			t.Errorf("counted %v, %v, %v", e.metric("appended_total"), e.metric("dispatched_total"), e.metric("messages"))
		}
		if left := e.files(segmentSuffix); len(left) != 0 {
			t.Errorf("left on the disk: %v", left)
		}
	})
}

// One sync is shared by all who wait for it.
func TestABatchIsSyncedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		faults := &faults{hang: make(chan struct{})}
		e.disk = faults.over
		e.temporal.setRefuse(down)
		e.start()
		var all sync.WaitGroup
		for _, id := range ids(100) {
			all.Go(func() { e.mustAccept("OUT", id) })
		}
		synctest.Wait() // the first is being synced, and all others have arrived
		close(faults.hang)
		all.Wait()
		if syncs := faults.count("sync"); syncs > 2 {
			t.Errorf("%d syncs for 100 messages", syncs)
		}
		e.end()
	})
}

func TestAProcessThatDiesLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(down)
		e.open()
		e.mustAccept("OUT1", "a", "b", "c")
		e.mustAccept("OUT2", "x")
		e.die()
		e.temporal.setRefuse(nil)
		e.start()
		e.mustAccept("OUT1", "d")
		e.drained()
		e.want("OUT1", "a", "b", "c", "d")
		e.want("OUT2", "x")
		e.end()
	})
}

// What was dispatched is marked on the disk, so that a restart long after does not repeat it.
func TestWhatWasDispatchedIsNotDispatchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(stuck)
		e.start()
		e.mustAccept("STUCK", "s")
		e.mustAccept("OUT", ids(20)...)
		for len(e.temporal.all("OUT")) < 20 {
			<-time.After(time.Millisecond)
		}
		e.end()
		e.start()
		<-time.After(time.Minute)
		e.want("OUT", ids(20)...)
		e.end()
		if status := e.journal.Status(); status.Messages != 1 {
			t.Errorf("%+v", status)
		}
	})
}

func TestAMessageThatWaitsAlreadyIsADuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(down)
		e.start()
		e.mustAccept("OUT", "a")
		for range 3 {
			if got, err := e.accept(message1("OUT", "a")); got != order.DispositionDuplicate || err != nil {
				t.Errorf("answered %v, %v", got, err)
			}
		}
		other := message1("OUT", "a")
		other.Digest = "another" // the same id with other content is another message
		if got, err := e.accept(other); got != order.DispositionWaiting || err != nil {
			t.Errorf("answered %v, %v", got, err)
		}
		if e.metric("messages") != 2 {
			t.Errorf("%v wait", e.metric("messages"))
		}
		e.end()
		e.start() // known also to the next process
		if got, err := e.accept(message1("OUT", "a")); got != order.DispositionDuplicate || err != nil {
			t.Errorf("answered %v, %v", got, err)
		}
		e.end()
	})
}

func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*Config)
		full func(e *env)
	}{
		"messages": {func(c *Config) { c.MaxMessages = 5 }, func(e *env) { e.mustAccept("OUT", ids(5)...) }},
		"bytes":    {func(c *Config) { c.MaxBytes = 800 }, func(e *env) { e.mustAccept("OUT", ids(4)...) }},
		"age": {func(c *Config) { c.MaxAge = time.Minute }, func(e *env) {
			e.mustAccept("OUT", "a")
			<-time.After(time.Minute + time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				c.set(&e.config)
				e.temporal.setRefuse(down)
				e.start()
				if err := e.journal.Check(t.Context()); err != nil {
					t.Errorf("not ready: %v", err)
				}
				c.full(e)
				if _, err := e.accept(message1("OTHER", "z")); !errors.Is(err, ErrFull) {
					t.Errorf("accepted beyond the bound: %v", err)
				}
				if err := e.journal.Check(t.Context()); !errors.Is(err, ErrFull) {
					t.Errorf("ready beyond the bound: %v", err)
				}
				if e.metric("full_total") != 1 {
					t.Errorf("counted %v", e.metric("full_total"))
				}
				e.temporal.setRefuse(nil)
				e.drained()
				<-time.After(2 * tidyEvery)
				e.mustAccept("OTHER", "z")
				e.end()
			})
		})
	}
}

// While Temporal is down everything is accepted, few attempts are made, and afterwards
// everything is applied in order.
func TestTemporalDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.config.MaxAge = 2 * time.Hour
		e.temporal.setRefuse(down)
		e.start()
		for i := range 60 {
			e.mustAccept(fmt.Sprintf("OUT%d", i%7), fmt.Sprintf("n%04d", i))
			<-time.After(time.Minute)
		}
		e.temporal.mu.Lock()
		calls := e.temporal.calls
		e.temporal.mu.Unlock()
		if calls > 60*60 {
			t.Errorf("%d attempts in an hour", calls)
		}
		if age := e.metric("oldest_age_seconds"); age < 3500 {
			t.Errorf("the oldest waits %v s", age)
		}
		e.temporal.setRefuse(nil)
		began := time.Now()
		e.drained()
		if took := time.Since(began); took > longestDelay+longestPause {
			t.Errorf("applied %v after Temporal came back", took)
		}
		for target := range 7 {
			if got := e.temporal.all(fmt.Sprintf("OUT%d", target)); !slices.IsSorted(got) {
				t.Errorf("out of order: %v", got)
			}
		}
		if got := len(e.temporal.all("")); got != 60 {
			t.Errorf("%d of 60 arrived", got)
		}
		e.end()
	})
}

// A target that fails alone holds back no other.
func TestATargetThatFailsHoldsBackNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(func(n order.Notification) error {
			if n.OutOrderNo == "BAD" {
				return errDown
			}
			return nil
		})
		e.start()
		e.mustAccept("BAD", ids(3)...)
		began := time.Now()
		e.mustAccept("GOOD", ids(50)...)
		for len(e.temporal.all("GOOD")) < 50 {
			<-time.After(time.Millisecond)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
		e.temporal.setRefuse(nil)
		e.drained()
		e.want("BAD", ids(3)...)
		e.end()
	})
}

// What Temporal refuses for good stays, is shown, blocks nobody, and is tried again at the
// next start.
func TestAPoisonedMessageBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(func(n order.Notification) error {
			if n.NotifyID == "poison" {
				return fmt.Errorf("%w: too large", ErrRefused)
			}
			return nil
		})
		e.start()
		e.mustAccept("OUT", "a", "poison", "b")
		e.drained()
		e.want("OUT", "a", "b")
		<-time.After(2 * tidyEvery)
		views, next, err := e.journal.Waiting(0, nil, 10)
		if err != nil || next != 0 || len(views) != 1 {
			t.Fatalf("shown: %+v, %v, %v", views, next, err)
		}
		want := message1("OUT", "poison").DeliveryView(order.DispositionWaiting, words.Sentence(reasonRefused), order.HeldByJournal)
		want.LastError = "refused for good: too large"
		if diff := cmp.Diff(want, views[0]); diff != "" {
			t.Error(diff)
		}
		if e.metric("refused") != 1 || e.metric("refused_total") != 1 {
			t.Errorf("counted %v", e.metric("refused"))
		}
		e.end()
		e.temporal.setRefuse(nil)
		e.start()
		e.drained()
		e.want("OUT", "a", "b", "poison")
		e.end()
	})
}

func TestWaitingIsPaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.setRefuse(down)
		e.start()
		e.mustAccept("OUT", ids(25)...)
		foreign := message1("OUT", "foreign")
		foreign.AppID = "2022"
		if _, err := e.accept(foreign); err != nil {
			t.Fatal(err)
		}
		var got []string
		var after uint64
		for {
			views, next, err := e.journal.Waiting(after, []string{"2021"}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, view := range views {
				got = append(got, view.NotifyID)
			}
			if after = next; next == 0 {
				break
			}
		}
		if diff := cmp.Diff(ids(25), got); diff != "" {
			t.Error(diff)
		}
		e.end()
	})
}

// A text of a message is a part of its body, which a long backlog must not keep in memory.
func TestABacklogKeepsNoBodies(t *testing.T) {
	const bodies, size = 200, 100_000
	e := newEnv(t)
	e.open()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range bodies {
		body := strings.Repeat("x", size) + fmt.Sprint(i)
		n := message1(body[size:], body[size:])
		n.AppID = body[:16]
		if _, err := e.accept(n); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > bodies*size/10 { //nolint:gosec // a heap fits
		t.Errorf("%d messages keep %d bytes", bodies, grown)
	}
	e.die()
}

func TestAcceptRespectsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		faults := &faults{}
		e.disk = faults.over
		e.start()
		faults.hang = make(chan struct{})
		ctx, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if _, err := e.journal.Accept(ctx, message1("OUT", "a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered %v", err)
		}
		close(faults.hang)
		e.drained()
		e.want("OUT", "a") // harmless: Alipay sends it again, and it is recognised
		e.end()
	})
}
