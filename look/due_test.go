package look

import (
	"fmt"
	"testing"
	"time"

	"miniflow/order"
)

// passing is a plan of a healthy app, ten minutes after the pass before.
func passing() Plan {
	state := State{Swept: noon.Add(-10 * time.Minute), Relisted: noon.Add(-30 * time.Minute), Next: noon}
	for _, topic := range Topics() {
		for _, message := range topic.Messages() {
			if state.Messages == nil {
				state.Messages = map[string]Record{}
			}
			state.Messages[message] = recorded("11111")
		}
	}
	_, plan := state.Begin(Seen{At: noon, Now: noon}, settings)
	return plan
}

var settings = Settings{Schedules: order.DefaultSchedules(), CallsPerSecond: 10}

// TestWhenAnOrderIsAskedAbout: once when its wait has lasted as long as expected, and then once in
// each stride, when everything overdue is listed.
func TestWhenAnOrderIsAskedAbout(t *testing.T) {
	const ago = -time.Minute
	for _, test := range []struct {
		wait    order.Wait
		next    time.Duration
		overdue bool
		want    bool
	}{
		{order.WaitAudit, 1, false, false},
		{order.WaitAudit, 0, false, true},
		{order.WaitAudit, 9 * ago, false, true},
		{order.WaitAudit, 10 * ago, false, false}, // the pass before asked
		{order.WaitAudit, 10 * ago, true, false},
		{order.WaitAudit, 360 * ago, false, false},
		{order.WaitAudit, 360 * ago, true, true},
		{order.WaitAudit, 359 * ago, true, false},
		{order.WaitAudit, 389 * ago, true, true},
		{order.WaitAudit, 390 * ago, true, false}, // the last list asked
		{order.WaitAudit, 725 * ago, true, true},
		{order.WaitMerchant, 365 * ago, true, true},
		{order.WaitCertification, 365 * ago, true, true},
		{order.WaitChange, 365 * ago, true, true},
		{order.WaitChange, 5 * ago, false, true},
		{order.WaitRelease, 5 * ago, false, true},
		{order.WaitRelease, 15 * ago, false, true},
		{order.WaitRelease, 5005 * ago, false, true},
		{order.WaitRelease, -15 * ago, false, false},
	} {
		plan := passing()
		plan.Overdue = test.overdue
		waiting := order.Look{Waits: []order.Wait{test.wait}, Kind: order.KindTrial}
		if got := len(plan.Asks(waiting, noon.Add(test.next))) > 0; got != test.want || got != plan.Came(waiting, noon.Add(test.next)) {
			t.Errorf("%s, NextLook %v from now, overdue %v: asked is %v", test.wait, test.next, test.overdue, got)
		}
	}
}

// TestAnOrderIsAskedAboutOnceInAStride over a day of passes that come early and late, and never
// twice by two passes.
func TestAnOrderIsAskedAboutOnceInAStride(t *testing.T) {
	for _, wait := range order.Waits() {
		state, next := State{}, noon.Add(7*time.Hour+3*time.Second)
		var plan Plan
		state.Messages = map[string]Record{}
		for _, topic := range Topics() {
			for _, message := range topic.Messages() {
				state.Messages[message] = recorded("11111")
			}
		}
		var asked []time.Duration
		for i, at := 0, noon; at.Before(noon.Add(36 * time.Hour)); i++ {
			state, plan = state.Begin(Seen{At: at, Now: at}, settings)
			state, plan = state.Enlist(plan, Counted{Waiting: 1, First: 1}, 1, settings)
			if got := plan.Asks(order.Look{Waits: []order.Wait{wait}, Kind: order.KindFormal}, next); len(got) > 0 {
				asked = append(asked, at.Sub(next))
			}
			var pause time.Duration
			state, pause = state.Finish(plan, make([]Report, plan.Parts), at.Add(time.Duration(i%7)*time.Second))
			at = at.Add(time.Duration(i%7)*time.Second + pause + time.Duration(i%3)*time.Minute)
		}
		stride := settings.Schedules.Expect(wait)
		want := int((29*time.Hour-3*time.Second)/stride) + 1
		if wait == order.WaitRelease {
			want = len(asked) // every pass
			if len(asked) < 29*5 {
				t.Errorf("%s: asked %d times", wait, len(asked))
			}
		}
		if len(asked) != want {
			t.Errorf("%s: asked %d times in 29 h, want %d: %v", wait, len(asked), want, asked)
		}
		for i, after := range asked {
			if late := after - time.Duration(i)*stride; wait != order.WaitRelease && (late < 0 || late > stride/relistsPerStride+13*time.Minute) {
				t.Errorf("%s: question %d came %v after its time", wait, i, late)
			}
		}
	}
}

// TestARoundLeavesNothingToAskTwice: what it asks about is not asked because it is due.
func TestARoundLeavesNothingToAskTwice(t *testing.T) {
	both := order.Look{Waits: []order.Wait{order.WaitCertification, order.WaitAudit, order.WaitChange}, Kind: order.KindTrial}
	for want, round := range map[string]*Round{
		"[certification audit change] []": nil,
		"[certification change] [audit]":  {Topics: []Topic{TopicAudit}},
		"[audit change] [certification]":  {Topics: []Topic{TopicRegistration, TopicConfirmation}},
		"[] [certification audit change]": {},
	} {
		plan := passing()
		plan.Round = round
		if got := fmt.Sprint(plan.Asks(both, noon), " ", round.Asks(both)); got != want {
			t.Errorf("due, and asked around: %s, want %s", got, want)
		}
		if !plan.Came(both, noon) {
			t.Error("its time has come")
		}
	}
}
