package alipaysim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// createMany makes n orders, w-0 and on.
func (w *world) createMany(n int) {
	w.t.Helper()
	for i := range n {
		w.call(createMethod, "", createFields(fmt.Sprint("w-", i)))
	}
}

func TestPushesOff(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{` + never + `"pushes":{"off":true}}]}`)
	w.createMany(1)
	w.pass(26 * time.Hour)
	if len(w.pushes("")) != 0 || w.fate() != "withheld" {
		t.Errorf("%d pushes, fate %s", len(w.pushes("")), w.fate())
	}
	w.sendMessage("")
	w.run()
	if got := w.names(); len(got) != 1 || got[0] != "alipay.test" {
		t.Errorf("a message by hand goes out all the same: %v", got)
	}
}

func TestPushesDropped(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{` + never + `"pushes":{"drop":0.3}}]}`)
	w.createMany(100)
	w.run()
	fates := map[any]int{}
	for _, m := range w.must("GET", "deliveries", "")["messages"].([]any) {
		fates[m.(map[string]any)["fate"]]++
	}
	if got := len(w.pushes("")); got < 50 || got > 90 || fates["delivered"] != got || fates["dropped"] != 100-got {
		t.Errorf("%d of 100 arrived at a chance of 0.3; fates: %v", got, fates)
	}
}

func TestPushesDuplicated(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{` + never + `"pushes":{"duplicate":4}}]}`)
	w.createMany(1)
	w.run()
	ids := map[string]bool{}
	for _, p := range w.pushes("") {
		ids[p.params["notify_id"]] = true
	}
	if len(w.pushes("")) != 5 || len(ids) != 1 {
		t.Errorf("%d deliveries under %d ids", len(w.pushes("")), len(ids))
	}
}

func TestPushesDelayedAndShuffled(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{` + never + `"pushes":{"delay":"1h","shuffle":"1h"}}]}`)
	w.createMany(20)
	w.pass(59 * time.Minute)
	if got := len(w.pushes("")); got != 0 {
		t.Errorf("%d came before the delay", got)
	}
	w.pass(62 * time.Minute)
	inOrder, times := true, map[time.Time]bool{}
	for i, p := range w.pushes("") {
		inOrder = inOrder && p.biz["out_order_no"] == fmt.Sprint("w-", i)
		times[p.at] = true
	}
	if len(times) < 15 {
		t.Errorf("20 pushes at %d moments", len(times))
	}
	if len(w.pushes("")) != 20 || inOrder {
		t.Errorf("%d arrived, in order: %v", len(w.pushes("")), inOrder)
	}
}

func TestPushesWithoutOptionalFields(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}],"pushes":{"bare":true}}]}`)
	mini, token := w.created("w-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.run()
	if diff := cmp.Diff(map[string]any{"mini_app_id": mini}, w.lastPush("alipay.open.mini.version.audit.passed").biz); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
