package crossings

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/order"
)

var (
	monthOrders = flag.Int("month", monthByDefault(), "how many orders the month has")
	monthSeed   = flag.Uint64("month-seed", 20261130, "the seed of the month")
)

func monthByDefault() int {
	if underRace {
		return 4
	}
	return 40
}

// monthOf makes up an order of the month: of Alipay's messages three of ten are lost for good, the others
// come more than once and in any order; calls fail, merchants revoke and authorise again, workers die, and
// somebody works in Alipay's console, for as long as the month lasts.
func monthOf(seed uint64) scenario {
	s, r := newScenario(seed), seeded(seed, "month")
	s.algorithm = keys.SM2
	s.chaos = 30 * 24 * time.Hour
	s.rule.Pushes = &alipaysim.PushRule{
		Drop: .3, Duplicate: 1 + r.IntN(3), Bare: r.chance(.3),
		Shuffle: r.simulated(time.Minute, 12*time.Hour), Delay: r.simulated(time.Second, 2*time.Hour),
	}
	s.focus, s.crossing = "no call", .02 // few are cancelled while a call is under way, which the crossings are about
	s.fault, s.refusal, s.dying, s.door = .05+r.Float64()*.1, r.Float64()*.05, r.Float64()*.05, .1
	for range 4 + r.IntN(8) {
		s.acts = append(s.acts, act{at: r.between(time.Minute, s.chaos), what: r.one(
			weighted{"revoke", 4}, weighted{"authorize", 6}, weighted{"console submit", 2}, weighted{"console withdraw", 2},
			weighted{"console online", 1}, weighted{"console take back", 2}, weighted{"verdict", 2}, weighted{"repeat message", 3}, weighted{"other id", 3},
		)})
	}
	return s
}

// TestAMonth lives a simulated month of orders. Each ends where Alipay says, and the ledger holds: I1, I2
// and I3 are those of every life's messages, I5 of its creations; I4 is checked here. The door of a life
// takes nothing that does not verify, which is I6.
func TestAMonth(t *testing.T) {
	dir, began := t.TempDir(), time.Now()
	var mu sync.Mutex
	var group sync.WaitGroup
	ends, messages, calls := map[string]int{}, 0, 0
	seeds := make(chan uint64)
	for range 2 {
		group.Go(func() {
			for seed := range seeds {
				l, err := newLife(dir, monthOf(seed))
				if err != nil {
					t.Error(err)
					continue
				}
				found := append(l.live(), l.offTheTable()...)
				mu.Lock()
				ends[string(l.view.Stage)]++
				messages, calls = messages+len(l.accepted), calls+l.made
				mu.Unlock()
				if len(found) > 0 {
					t.Errorf("the order of seed %d:\n%s\n%s\n%s", seed, joined(found), &l.trace, l.page())
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(*monthSeed, 0))
	for range *monthOrders {
		seeds <- random.Uint64()
	}
	close(seeds)
	group.Wait()
	t.Logf("seed %d: %d orders, %d messages accepted, %d calls; ends: %s; %s", *monthSeed, *monthOrders, messages, calls, counted(ends), time.Since(began).Round(time.Second))
}

// offTheTable returns the changes of stage that are no row of the table. A timeline that was folded has gaps.
func (l *life) offTheTable() (found []broken) {
	from, last := order.StageCreating, 0
	for _, item := range l.view.Timeline {
		gap := item.Sequence != last+1
		moves := slices.ContainsFunc(order.Moves(), func(m order.Move) bool { return m.From == from && m.To == item.Stage })
		if item.Stage != from && !gap && !moves && !strings.HasPrefix(string(l.knows), "said") {
			found = append(found, broken{"stages move along the table", fmt.Sprintf("from %s to %s", from, item.Stage)})
		}
		from, last = item.Stage, item.Sequence
	}
	return found
}
