package gateway

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// spending makes calls on a budget as fast as it admits them.
type spending struct {
	*Budget
	t     *testing.T
	spent [TurnLook + 1]int
}

// callers starts so many callers of one turn that call on and on until the context ends.
func (s *spending) callers(ctx context.Context, many int, turn Turn) {
	counted := make(chan struct{})
	for range many {
		go func() {
			for s.Wait(WithTurn(ctx, turn)) == nil {
				select {
				case counted <- struct{}{}:
				case <-ctx.Done():
				}
			}
		}()
	}
	go func() {
		for {
			select {
			case <-counted:
				s.spent[turn]++
			case <-ctx.Done():
				return
			}
		}
	}()
}

// spend runs the callers of each turn for a time of a clock that skips, and returns what each has
// spent.
func spend(t *testing.T, perSecond float64, sharers int, lasts time.Duration, callers map[Turn]int) (spent [TurnLook + 1]int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), lasts)
		defer stop()
		s := &spending{Budget: NewBudget(perSecond), t: t}
		s.ShareWith(sharers)
		for _, turn := range Turns() {
			s.callers(ctx, callers[turn], turn)
			synctest.Wait() // those that go first have come first
		}
		<-ctx.Done()
		synctest.Wait()
		spent = s.spent
	})
	return spent
}

// TestABudgetIsKept over a minute, whatever comes, and used up where there is demand. Looks alone
// leave half of it.
func TestABudgetIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		perSecond float64
		sharers   int
		callers   map[Turn]int
		least     int
		most      int
	}{
		"acts":              {10, 1, map[Turn]int{TurnAct: 50}, 600, 612},
		"questions":         {10, 1, map[Turn]int{TurnQuestion: 50}, 600, 612},
		"looks":             {10, 1, map[Turn]int{TurnLook: 50}, 298, 306},
		"everything":        {10, 1, map[Turn]int{TurnAct: 3, TurnQuestion: 30, TurnLook: 8}, 600, 612},
		"one of two":        {10, 2, map[Turn]int{TurnAct: 50, TurnLook: 8}, 300, 306},
		"looks of one of 2": {10, 2, map[Turn]int{TurnLook: 8}, 148, 153},
		"a small budget":    {0.5, 1, map[Turn]int{TurnAct: 50}, 30, 31},
		"a shared crumb":    {1, 4, map[Turn]int{TurnAct: 5, TurnLook: 5}, 15, 16},
		"looks of a crumb":  {1, 4, map[Turn]int{TurnLook: 5}, 7, 8},
		"many":              {500, 1, map[Turn]int{TurnQuestion: 100, TurnLook: 100}, 29990, 30600},
	} {
		spent := spend(t, test.perSecond, test.sharers, time.Minute, test.callers)
		total := 0
		for _, calls := range spent {
			total += calls
		}
		if total < test.least || total > test.most {
			t.Errorf("%s: %v calls in a minute, want %d to %d", name, spent, test.least, test.most)
		}
	}
}

// TestTurnsAreKept: questions wait while there are acts, looks while there is anything else.
func TestTurnsAreKept(t *testing.T) {
	spent := spend(t, 10, 1, time.Minute, map[Turn]int{TurnAct: 50, TurnQuestion: 50, TurnLook: 8})
	if spent[TurnQuestion] > 0 || spent[TurnLook] > 0 {
		t.Errorf("beside acts without end: %v", spent)
	}
	spent = spend(t, 10, 1, time.Minute, map[Turn]int{TurnQuestion: 50, TurnLook: 8})
	if spent[TurnLook] > 0 {
		t.Errorf("beside questions without end: %v", spent)
	}
	spent = spend(t, 10, 1, 2*time.Minute, map[Turn]int{TurnUndo: 50, TurnAct: 50})
	if spent[TurnAct] > 0 || spent[TurnUndo] < 1200 {
		t.Errorf("beside what is taken back without end: %v", spent)
	}
}

// TestActsDoNotWaitBehindLooks: an act goes at once, be there looks or not, also when both together
// want more than there is.
func TestActsDoNotWaitBehindLooks(t *testing.T) {
	for name, test := range map[string]struct {
		sharers int
		every   time.Duration
	}{"now and then": {1, 700 * time.Millisecond}, "of two": {2, 700 * time.Millisecond}, "in need of most of it": {1, 130 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			s := &spending{Budget: NewBudget(10), t: t}
			s.ShareWith(test.sharers)
			s.callers(ctx, 8, TurnLook)
			each := time.NewTicker(test.every)
			defer each.Stop()
			for range 80 {
				<-each.C
				began := time.Now()
				if err := s.Wait(WithTurn(ctx, TurnAct)); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(began); waited > 0 {
					t.Errorf("%s: an act waited %v", name, waited)
				}
			}
		})
	}
}

// TestACallThatGivesUpTakesNothing and leaves its place to the next.
func TestACallThatGivesUpTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waited []time.Duration
		budget := NewBudget(1)
		budget.Observe = func(_ Turn, wait time.Duration) { waited = append(waited, wait) }
		if err := budget.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone, giveUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer giveUp()
		if err := budget.Wait(gone); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call without room went: %v", err)
		}
		began := time.Now()
		if err := budget.Wait(t.Context()); err != nil || time.Since(began).Round(time.Millisecond) != 900*time.Millisecond {
			t.Errorf("the next went after %v, %v", time.Since(began), err)
		}
		if len(waited) != 2 || waited[0] != 0 {
			t.Errorf("waits that were observed: %v", waited)
		}
	})
}

// TestAShareFollowsThoseWhoShare: it shrinks when a process comes and grows when one goes, at once.
func TestAShareFollowsThoseWhoShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &spending{Budget: NewBudget(10), t: t}
		if s.Sharers() != 1 {
			t.Errorf("%d share it from the start", s.Sharers())
		}
		s.callers(ctx, 20, TurnAct)
		before := 0 // read only where everyone waits
		for _, phase := range []struct{ sharers, least, most int }{{1, 600, 612}, {4, 150, 151}, {0, 600, 601}} {
			s.ShareWith(phase.sharers)
			<-time.After(time.Minute)
			synctest.Wait()
			if calls := s.spent[TurnAct] - before; calls < phase.least || calls > phase.most {
				t.Errorf("%d share it: %d calls in a minute", phase.sharers, calls)
			}
			before = s.spent[TurnAct]
		}
		stop()
		synctest.Wait()
	})
}

// TestATurnHasAName, which metrics show; a call that says nothing is a question.
func TestATurnHasAName(t *testing.T) {
	names := ""
	for _, turn := range append(Turns(), Turn(9)) {
		names += turn.String() + " "
	}
	if names != "undo act question look unknown " || TurnOf(t.Context()) != TurnQuestion {
		t.Errorf("got %q and %s", names, TurnOf(t.Context()))
	}
}
