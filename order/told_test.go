package order_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"miniflow/order"
)

// TestTheMemoTellsWhatTheOrderTells: of random stories, from any moment and for any types, what is
// read from a memo is what the order would have answered, or the memo says that it does not know.
func TestTheMemoTellsWhatTheOrderTells(t *testing.T) {
	dice := rand.New(rand.NewPCG(7, 11))
	types := append(order.ToldTypes(), order.HappenedNotification, order.HappenedCommand)
	began := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	var read, asked int
	for range 2000 {
		view, folded := order.View{AppID: "2021", OutOrderNo: "a"}, map[string]int{}
		for i := range 1 + dice.IntN(30) {
			view.Timeline = append(view.Timeline, order.TimelineItem{Sequence: i + 1, At: began.Add(time.Duration(i) * time.Second), Event: types[dice.IntN(len(types))]})
		}
		if n := len(view.Timeline); n > 12 && dice.IntN(2) == 0 { // a fold after the third
			for _, item := range view.Timeline[3 : n-8] {
				folded[item.Event] = item.Sequence
			}
			view.Timeline = append(view.Timeline[:3:3], view.Timeline[n-8:]...)
		}
		// Who is told of an order was told of it at one of its events, or never.
		want := order.EventsAsked{}
		if n := dice.IntN(len(view.Timeline) + 1); n > 0 {
			want.Since = view.Timeline[n-1].At
		}
		if dice.IntN(2) == 0 {
			want.Types = order.ToldTypes()[:1+dice.IntN(len(order.ToldTypes()))]
		}
		got, enough := order.ToldOf(view, folded).Events(view.Summary(), want)
		if !enough {
			asked++
			continue
		}
		read++
		if full := order.EventsOf(view, folded, want); !reflect.DeepEqual(got.Events, full.Events) {
			t.Fatalf("of %v since %s:\nthe memo  %v\nthe order %v", view.Timeline, want.Since, got.Events, full.Events)
		}
	}
	if read < 500 || asked < 200 {
		t.Errorf("%d read, %d asked", read, asked)
	}
}

// TestReasonsAreAskedFor: a memo has the audits, but not why one was refused.
func TestReasonsAreAskedFor(t *testing.T) {
	view := order.View{
		Audits:   []order.Audit{{Attempt: 1}},
		Timeline: []order.TimelineItem{{Sequence: 1, At: time.Unix(1, 0), Event: order.HappenedStageChanged}},
	}
	told, enough := order.ToldOf(view, nil).Events(view.Summary(), order.EventsAsked{})
	if !enough || len(told.Order.Audits) != 1 || len(told.Events) != 1 || told.Order.Timeline != nil {
		t.Errorf("an audit that runs: %v %+v", enough, told)
	}
	view.Audits[0].Reasons = []order.Reason{{Part: "base", Memo: "the logo"}}
	memo := order.ToldOf(view, nil)
	if _, enough = memo.Events(view.Summary(), order.EventsAsked{}); enough || len(memo.Audits) > 0 {
		t.Errorf("reasons are read from the memo: %+v", memo)
	}
}
