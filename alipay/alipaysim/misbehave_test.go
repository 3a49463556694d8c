package alipaysim_test

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// newMoodyWorld is a world in process whose simulator misbehaves. The waits for
// slow answers are handed out.
func newMoodyWorld(t *testing.T, m alipaysim.Misbehaviour, chance byte, waits *[]time.Duration) *world {
	t.Helper()
	var w *world
	w = newWorld(t, func(c *alipaysim.Config) {
		c.Volatile, c.Misbehaviour = true, &m
		c.Rand = mathrand.NewChaCha8([32]byte{chance})
		c.HTTP = &http.Client{Transport: alipaysim.InProcess(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.receive(rw, r) }))}
		c.Wait = func(_ context.Context, length time.Duration) {
			if waits != nil {
				*waits = append(*waits, length)
			}
		}
	})
	w.client = &http.Client{Transport: alipaysim.InProcess(w.sim.Handler())}
	return w
}

// toldOf lists what the receiver heard of an order: when, what, and nothing that
// is left to chance.
func (w *world) toldOf(number string) []string {
	var lines []string
	for _, p := range w.pushes("") {
		if strings.Contains(mustJSON(p.biz), `"`+number+`"`) {
			lines = append(lines, fmt.Sprint(p.at.Sub(begin).Round(time.Millisecond), " ", p.name(), " ", p.biz["status"]))
		}
	}
	return lines
}

func (w *world) createAll(numbers ...string) {
	w.t.Helper()
	for _, number := range numbers {
		if r, err := w.tryCreate(w.t.Context(), number); err != nil || r.code() != "10000" {
			w.t.Fatalf("%s: %v, %v", number, r, err)
		}
	}
}

func numbered(prefix string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(prefix, i))
	}
	return list
}

func TestALibraryUserGetsGoodManners(t *testing.T) {
	w := newWorld(t)
	if got := w.must("GET", "faults", "")["misbehaviour"]; got != nil {
		t.Errorf("misbehaviour nobody asked for: %v", got)
	}
}

// A few per cent: what everybody meets who tries the standalone for a while.
func TestAFewPerCentAreStruck(t *testing.T) {
	var waits []time.Duration
	w := newMoodyWorld(t, *alipaysim.DefaultMisbehaviour(1), 7, &waits)
	w.createAll(numbered("few-", 200)...)
	w.pass(10 * time.Minute)
	seen, twice, late := map[string]bool{}, 0, 0
	for _, p := range w.pushes("") {
		if seen[p.params["notify_id"]] {
			twice++
		} else if off := p.at.Sub(begin); off > 0 && off != 3*time.Minute && off != 3*time.Minute+20*time.Second {
			late++
		}
		seen[p.params["notify_id"]] = true
	}
	if len(seen) != 600 || twice < 10 || twice > 50 || late < 15 || late > 70 {
		t.Errorf("of %d messages %d came twice and %d late", len(seen), twice, late)
	}
	if len(waits) == 0 || len(waits) > 15 || slices.Max(waits) > 2*time.Second {
		t.Errorf("slow answers: %v", waits)
	}
}

func TestASeedDecidesWhoIsStruck(t *testing.T) {
	moods := alipaysim.Misbehaviour{Seed: 5, Duplicate: .25, Late: .25, Reorder: .25, LateBy: alipaysim.Duration(time.Minute),
		Slow: .5, SlowFor: alipaysim.Duration(time.Second)}
	watched := numbered("seed-", 8)
	life := func(m alipaysim.Misbehaviour, chance byte, beside ...string) (told []string) {
		w := newMoodyWorld(t, m, chance, nil)
		w.createAll(slices.Concat(beside, watched)...)
		w.pass(10 * time.Minute)
		for _, number := range watched {
			told = append(told, number+": "+strings.Join(w.toldOf(number), ", "))
		}
		for _, order := range w.must("GET", "state", "")["orders"].([]any) {
			if order := order.(map[string]any); slices.Contains(watched, order["out_order_no"].(string)) {
				w.call(queryMethod, "", map[string]any{"order_no": order["order_no"]}) // a number that is another one each time
				told = append(told, fmt.Sprint(order["out_order_no"], " asked ", w.lastCall()["fault"]))
			}
		}
		slices.Sort(told) // one moment's orders are listed by their numbers
		for _, call := range w.must("GET", "calls", "")["calls"].([]any) {
			if call := call.(map[string]any); slices.Contains(watched, call["key"].(string)) {
				told = append(told, fmt.Sprint(call["key"], " ", call["fault"]))
			}
		}
		return told
	}
	first := life(moods, 1)
	if diff := cmp.Diff(first, life(moods, 2, "beside-1", "beside-2")); diff != "" {
		t.Errorf("other ids and orders beside them change who is struck (-first +second):\n%s", diff)
	}
	moods.Seed = 6
	if slices.Equal(first, life(moods, 1)) {
		t.Error("another seed strikes the same ones")
	}
}

func TestEachMood(t *testing.T) {
	minute := alipaysim.Duration(time.Minute)
	for name, test := range map[string]struct {
		moods alipaysim.Misbehaviour
		check func(told []string) bool
	}{
		"duplicate": {alipaysim.Misbehaviour{Duplicate: 1, LateBy: minute}, func(told []string) bool {
			return len(told) == 6
		}},
		"late": {alipaysim.Misbehaviour{Late: 1, LateBy: minute}, func(told []string) bool {
			return len(told) == 3 && !strings.HasPrefix(told[0], "0s ") && strings.HasSuffix(told[0], "PROCESS")
		}},
		// The first waits for the second, and the third for the one that never comes.
		"reorder": {alipaysim.Misbehaviour{Reorder: 1, LateBy: alipaysim.Duration(time.Hour)}, func(told []string) bool {
			return slices.Equal(told, []string{"3m0s alipay.open.mini.merchant.confirmed AGREED",
				"3m1s alipay.open.mini.merchant.confirmed PROCESS", "1h3m20s open_app_auth_notify <nil>"})
		}},
		"its own time is earlier": {alipaysim.Misbehaviour{Reorder: 1, LateBy: 3*minute + alipaysim.Duration(500*time.Millisecond)}, func(told []string) bool {
			return len(told) == 3 && strings.HasPrefix(told[0], "3m0s ") && strings.HasPrefix(told[1], "3m0.5s ") && strings.HasSuffix(told[1], "PROCESS")
		}},
		"not for long": {alipaysim.Misbehaviour{Reorder: 1, LateBy: minute}, func(told []string) bool {
			return len(told) == 3 && strings.HasPrefix(told[0], "1m0s ") && strings.HasSuffix(told[0], "PROCESS")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMoodyWorld(t, test.moods, 7, nil)
			w.createAll("m-1")
			w.pass(3 * time.Hour)
			if told := w.toldOf("m-1"); !test.check(told) {
				t.Errorf("%s", strings.Join(told, "\n"))
			}
		})
	}
}

func TestSlowAnswersComeBeforeAndAfterTheEffect(t *testing.T) {
	var waits []time.Duration
	w := newMoodyWorld(t, alipaysim.Misbehaviour{Slow: 1, SlowFor: alipaysim.Duration(3 * time.Second)}, 7, &waits)
	w.createAll(numbered("slow-", 20)...)
	kinds := map[string]int{}
	for _, call := range w.must("GET", "calls", "")["calls"].([]any) {
		kinds[fmt.Sprint(call.(map[string]any)["fault"])]++
	}
	if kinds["slow"] == 0 || kinds["stall_after_commit"] == 0 || len(kinds) != 2 {
		t.Errorf("%v", kinds)
	}
	// One call that is made again and again has another luck each time.
	w.faults(`{"misbehaviour":{"slow":0.5,"slow_for":"1s"}}`)
	before := len(waits)
	for range 20 {
		w.createAll("slow-0")
	}
	if slow := len(waits) - before; slow == 0 || slow == 20 {
		t.Errorf("of 20 tries of one call %d were slow", slow)
	}
	waits = waits[:before]
	if len(waits) != 20 || slices.Max(waits) > 3*time.Second || slices.Max(waits) == slices.Min(waits) {
		t.Errorf("waits: %v", waits)
	}
}

// Where somebody has said what is to happen, exactly that happens.
func TestWhatSomebodyAskedForIsLeftAlone(t *testing.T) {
	var waits []time.Duration
	w := newMoodyWorld(t, alipaysim.Misbehaviour{Duplicate: 1, Slow: 1, SlowFor: alipaysim.Duration(time.Second)}, 7, &waits)
	w.rules(`{"rules":[{"out_order_no":"exact-*","pushes":{}}]}`)
	w.createAll("exact-1")
	w.sendMessage("")
	w.pass(10 * time.Minute)
	if told := w.toldOf("exact-1"); len(told) != 3 {
		t.Errorf("a rule with pushes of its own: %v", told)
	}
	if list := w.pushes("alipay.test"); len(list) != 1 {
		t.Errorf("a message by hand came %d times", len(list))
	}
	before := len(waits)
	w.faults(`{"misbehaviour":{"slow":1,"slow_for":"1s"},"faults":[{"kind":"error","sub_code":"X","times":1}]}`)
	if r, err := w.tryCreate(t.Context(), "exact-2"); err != nil || r.code() != "X" || len(waits) != before {
		t.Errorf("a fault struck and the call was slow besides: %v, %v, %v", r, err, waits)
	}
}

func TestMisbehaviourIsSeenAndSwitchedOff(t *testing.T) {
	w := newMoodyWorld(t, *alipaysim.DefaultMisbehaviour(42), 7, nil)
	w.client = http.DefaultClient // another simulator will answer after the restarts
	got := w.must("GET", "faults", "")["misbehaviour"]
	want := map[string]any{"seed": 42.0, "duplicate": .04, "late": .03, "reorder": .03, "late_by": "2m0s", "slow": .02, "slow_for": "2s"}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.faults(`{"faults":[]}`)
	if got := w.must("GET", "faults", "")["misbehaviour"]; got != nil {
		t.Errorf("switched off, it is %v", got)
	}
	w.restart() // each start decides
	if got := w.must("GET", "faults", "")["misbehaviour"]; got == nil {
		t.Error("after a start that asks for it there is none")
	}
	w.cfg.Misbehaviour = nil
	w.restart()
	if got := w.must("GET", "faults", "")["misbehaviour"]; got != nil {
		t.Errorf("after a well-behaved start it is %v", got)
	}
}

func TestChancesThatAreNone(t *testing.T) {
	w := newWorld(t)
	for _, bad := range []string{`{"slow":1.5}`, `{"late":-1}`, `{"late":0.5,"duplicate":0.4,"reorder":0.2}`} {
		if status, out := w.manage("PUT", "faults", `{"misbehaviour":`+bad+`}`); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %v", bad, status, out)
		}
	}
	cfg := w.cfg
	w.close()
	cfg.Misbehaviour = &alipaysim.Misbehaviour{Slow: 2}
	if _, err := alipaysim.Open(cfg); err == nil || !strings.Contains(err.Error(), "slow is 2") {
		t.Errorf("opened with a chance of 2: %v", err)
	}
}
