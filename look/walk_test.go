package look

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"miniflow/order"
)

// TestStretchesHoldWhatIsDue: every order that is due is in exactly one, in whatever mood the pass
// is, and few others are.
func TestStretchesHoldWhatIsDue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, overdue := range []bool{false, true} {
		for _, release := range []time.Duration{10 * time.Minute, 5 * time.Hour} {
			plan := passing()
			plan.Overdue = overdue
			plan.Strides[order.WaitMerchant] = order.Duration(31 * time.Hour)
			plan.Strides[order.WaitRelease] = order.Duration(release)
			stretches, listed := plan.Stretches(), 0
			const many = 20000
			for range many {
				wait := order.Waits()[random.IntN(len(order.Waits()))]
				next := noon.Add(-time.Duration(random.Int64N(int64(60 * 24 * time.Hour))))
				in := 0
				for _, stretch := range stretches {
					isReleasing := wait == order.WaitRelease
					if within(next, stretch.From, stretch.Until) && (!stretch.Releasing || isReleasing) && (!stretch.Others || !isReleasing) {
						in++
					}
				}
				due := plan.Came(order.Look{Waits: []order.Wait{wait}}, next)
				if in > 1 || due && in == 0 {
					t.Fatalf("overdue %v, release %v: %s with NextLook %v ago is due: %v, and in %d stretches", overdue, release, wait, noon.Sub(next), due, in)
				}
				listed += in
			}
			if most := map[bool]int{false: many / 4, true: many * 9 / 10}[overdue]; listed > most {
				t.Errorf("overdue %v, release %v: %d of %d are listed", overdue, release, listed, many)
			}
		}
	}
}

// TestFewAreListedWhole, and so is everything where each pass has to ask about all.
func TestFewAreListedWhole(t *testing.T) {
	plan := passing()
	plan.Few = true
	if got := plan.Stretches(); !slices.Equal(got, []Stretch{{Until: noon}}) || plan.Walk(got[0], time.Time{}).Step() != got[0] {
		t.Errorf("few: %v", got)
	}
	plan = passing()
	plan.Strides[order.WaitAudit] = plan.Every
	if got := plan.Stretches(); !slices.Equal(got, []Stretch{{Until: noon}}) {
		t.Errorf("brisk: %v", got)
	}
}

// TestAWalkMissesNothing and lists nothing twice, wherever orders crowd, and wherever it is taken
// up again.
func TestAWalkMissesNothing(t *testing.T) {
	const fit = 100
	random := rand.New(rand.NewPCG(3, 4))
	for name, stretch := range map[string]Stretch{
		"everything": {}, "overdue": {Until: noon}, "a day": {From: noon.Add(-24 * time.Hour), Until: noon}, "an hour": {From: noon.Add(-time.Hour), Until: noon},
	} {
		var orders []time.Time
		for range 3000 {
			orders = append(orders, noon.Add(-time.Duration(random.Int64N(int64(90*24*time.Hour)))))
			orders = append(orders, noon.Add(time.Duration(random.Int64N(int64(12*time.Hour)))))
		}
		for range 1000 { // one busy moment
			orders = append(orders, noon.Add(-30*time.Minute))
		}
		seen, steps := make([]int, len(orders)), 0
		plan := passing()
		walk, from, more := plan.Walk(stretch, time.Time{}), time.Time{}, true
		for more {
			if steps++; steps > 2000 {
				t.Fatalf("%s: no end, at %s", name, from)
			}
			var found []int
			step := walk.Step()
			for i, next := range orders {
				if next.After(step.From) && (step.Until.IsZero() || !next.After(step.Until)) {
					found = append(found, i)
				}
			}
			if len(found) > fit && walk.Narrow() {
				continue
			}
			for _, i := range found {
				seen[i]++
			}
			from, more = walk.Next(len(found), fit)
			if steps%7 == 0 && more { // another worker takes over
				walk = plan.Walk(stretch, from)
			}
		}
		for i, next := range orders {
			in := next.After(stretch.From) && (stretch.Until.IsZero() || !next.After(stretch.Until))
			if want := map[bool]int{true: 1}[in]; seen[i] != want {
				t.Fatalf("%s: an order with NextLook %s was listed %d times", name, next, seen[i])
			}
		}
		t.Log(name, fmt.Sprint(steps, " steps"))
	}
}
