package crossings

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

var (
	oneSeed = flag.Uint64("seed", 0, "live this one life again, and print its trace")
	count   = flag.Int("lives", livesByDefault(), "how many lives")
	first   = flag.Uint64("first", 1, "the seed of the first life")
	all     = flag.Bool("all", false, "go on after lives that break an invariant, and sum up")
)

// livesByDefault returns how many lives are run by default.
func livesByDefault() int {
	if underRace {
		return 20
	}
	return 100 // go test ends a package after ten minutes, on a slow machine too; .ci/run runs 200 more
}

// TestCrossings runs random lives. One that breaks an invariant prints how to repeat it.
func TestCrossings(t *testing.T) {
	if *oneSeed != 0 {
		l, found := lived(t, t.TempDir(), *oneSeed)
		t.Logf("%+v\n%s\n%s", l.scenario, &l.trace, l.page())
		for _, b := range found {
			t.Error(b)
		}
		return
	}
	began, dir := time.Now(), t.TempDir()
	var failed, calls atomic.Int64
	var mu sync.Mutex
	sums, crossed, ends, longest := map[string][]string{}, map[string]int{}, map[string]int{}, 0
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := range seeds {
				l, found := lived(t, dir, seed)
				calls.Add(int64(l.made))
				mu.Lock()
				for what, times := range l.crossed {
					crossed[what] += times
				}
				ends[fmt.Sprint(l.kind, " ", l.view.Stage)]++
				longest = max(longest, l.e.executions[l.orderID()].runs)
				mu.Unlock()
				if len(found) == 0 {
					continue
				}
				failed.Add(1)
				mu.Lock()
				for _, b := range found {
					sums[b.invariant] = append(sums[b.invariant], fmt.Sprintf("seed %d: %s", seed, b.how))
				}
				if !*all {
					t.Errorf("seed %d:\n%s\n%s\n%s\nagain: go test ./internal/crossings -run '^TestCrossings$' -seed=%d",
						seed, joined(found), &l.trace, l.page(), seed)
				}
				mu.Unlock()
			}
		})
	}
	for i := range *count {
		if failed.Load() > 0 && !*all {
			break
		}
		seeds <- *first + uint64(i)
	}
	close(seeds)
	workers.Wait()
	for invariant, hows := range sums {
		t.Errorf("%s: %d\n  %s", invariant, len(hows), strings.Join(hows[:min(len(hows), 40)], "\n  "))
	}
	t.Logf("deeds while an activity was at it: %s", counted(crossed))
	t.Logf("ends: %s; at most %d runs", counted(ends), longest)
	t.Logf("%d lives, %d broke something, %d calls, %s", *count, failed.Load(), calls.Load(), time.Since(began).Round(time.Millisecond))
}

// counted returns counts, the most first.
func counted(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names, ", ")
}

func joined(found []broken) string {
	lines := make([]string, 0, len(found))
	for _, b := range found {
		lines = append(lines, "  "+b.String())
	}
	return strings.Join(lines, "\n")
}

// TestALifeIsItsSeed checks that the same seed is the same life, to the letter, because
// otherwise a failure could not be repeated.
func TestALifeIsItsSeed(t *testing.T) {
	seeds := uint64(12)
	if underRace {
		seeds = 2 // whether a life repeats itself shows without the detector
	}
	for seed := range seeds {
		one, _ := lived(t, t.TempDir(), 1000+seed)
		other, _ := lived(t, t.TempDir(), 1000+seed)
		if diff := gocmp.Diff(one.trace.String(), other.trace.String()); diff != "" {
			t.Errorf("seed %d was lived in two ways:\n%s", 1000+seed, diff)
		}
	}
}

// lived runs a life and returns what it broke.
func lived(t *testing.T, dir string, seed uint64) (*life, []broken) {
	t.Helper()
	l, err := newLife(dir, newScenario(seed))
	if err != nil {
		t.Fatal(err)
	}
	return l, l.live()
}

// page returns the order as a person sees it at the end.
func (l *life) page() string {
	var b strings.Builder
	v := l.view
	fmt.Fprintf(&b, "%s of %s: stage %s, hold %s, waits for %s\nreason %q, authorization %s, version %s, audits %d, commands %v\n",
		v.Kind, v.OutOrderNo, v.Stage, holdOf(v), v.WaitingFor, v.Reason, v.Authorization, v.Version.AppVersion, len(v.Audits), v.Commands)
	for _, item := range v.Timeline {
		fmt.Fprintf(&b, "  %3d %s %-18s %s %s %s %s\n", item.Sequence, elapsed(item.At), item.Stage, item.Event, item.NotifyID, item.Disposition, item.Note)
	}
	return b.String()
}

func TestMain(m *testing.M) {
	if err := sow(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
