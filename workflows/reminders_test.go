package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// askings lists what the merchant was asked for, when, and as which reminder.
func askings(view order.View) []string {
	var all []string
	for _, item := range view.Timeline {
		if item.Event == order.HappenedMerchantNeeded {
			all = append(all, fmt.Sprintf("%s %d %v", item.Task, item.Reminder, item.At.Sub(view.CreatedAt).Round(time.Hour)))
		}
	}
	return all
}

// TestTheAnswerStopsReminders: the merchant is reminded by the schedule until the answer, and not
// after it, nor after the schedule's end; with one timer for each reminder, and none beside.
func TestTheAnswerStopsReminders(t *testing.T) {
	for name, c := range map[string]struct {
		schedule string
		answer   time.Duration
		want     []string
		timers   int
	}{
		"at once":         {"24h*3", time.Hour, []string{"confirm 0 0s"}, 0},
		"on the way":      {"24h*3", 60 * time.Hour, []string{"confirm 0 0s", "confirm 1 24h0m0s", "confirm 2 48h0m0s"}, 2},
		"after the last":  {"24h*3", 200 * time.Hour, []string{"confirm 0 0s", "confirm 1 24h0m0s", "confirm 2 48h0m0s", "confirm 3 72h0m0s"}, 3},
		"never the last":  {"24h*1 48h", 130 * time.Hour, []string{"confirm 0 0s", "confirm 1 24h0m0s", "confirm 2 72h0m0s", "confirm 3 120h0m0s"}, 3},
		"none configured": {"", 200 * time.Hour, []string{"confirm 0 0s"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sweep.off = true
			w.input.Schedules.Remind = scheduleOf(t, c.schedule)
			w.platform.verdicts = reviewed
			timers, fired := 0, 0
			w.env.SetOnTimerFiredListener(func(string) { timers++ })
			w.at(c.answer, agree)
			w.send(c.answer, confirmed("AGREED"))
			w.at(c.answer, func(*platform) { fired = timers })
			w.send(c.answer+time.Minute, authorized("T1", w.env.Now()))
			view := w.run()
			if got := askings(view); !slices.Equal(got, c.want) || view.Stage != order.StageOnline || fired != c.timers {
				t.Errorf("asked %q, with %d timers, want %q with %d; ended %s", got, fired, c.want, c.timers, view.Stage)
			}
		})
	}
}

func scheduleOf(t *testing.T, text string) order.Schedule {
	t.Helper()
	if text == "" {
		return nil
	}
	var schedule order.Schedule
	if err := schedule.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return schedule
}

// TestAHandInIsAskedFor of the merchant where all that Alipay refuses are pictures, reminded of, and
// over once they have come. An order that began before there were reminders asks for none, since its
// events have their numbers.
func TestAHandInIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		old    bool
		want   []string
	}{
		"a picture":        {fields: []string{"app_logo"}, want: []string{"confirm 0 0s", "hand_in 0 0s", "hand_in 1 24h0m0s"}},
		"a text":           {fields: []string{"app_name"}, want: []string{"confirm 0 0s"}},
		"both":             {fields: []string{"app_logo", "app_name"}, want: []string{"confirm 0 0s"}},
		"before reminders": {fields: []string{"app_logo"}, old: true, want: []string{"confirm 0 0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := ready(t)
			if c.old {
				w.input.Schedules.Remind = nil
			}
			w.platform.refuse("apply", refusal(codes.ClassFix, "LOGO_IS_BLANK", c.fields...))
			w.command(30*time.Hour, order.CommandProvideInput, order.Instruction{Actor: "merchant", Submission: &order.Submission{Fields: []order.Sealed{`{"files":{}}`}}})
			view := w.run()
			if got := askings(view); !slices.Equal(got, c.want) || view.Stage != order.StageOnline {
				t.Errorf("asked %q, want %q; ended %s", got, c.want, view.Stage)
			}
		})
	}
}

// TestReadersOfTheWatchdogStillHear: the reminders take its timer, and the person is asked for at the
// same time as without them.
func TestReadersOfTheWatchdogStillHear(t *testing.T) {
	for _, schedule := range []string{"", "24h*3", "100h"} {
		w := newWorld(t)
		w.sweep.off = true
		w.input.Schedules.Remind = scheduleOf(t, schedule)
		w.platform.verdicts = reviewed
		watchdog := w.input.Schedules.Watchdogs[order.StageAwaitingMerchant].Std()
		before, after := w.viewAt(watchdog-time.Hour), w.viewAt(watchdog+time.Hour)
		w.at(watchdog+2*time.Hour, agree)
		w.send(watchdog+2*time.Hour, confirmed("AGREED"))
		w.send(watchdog+3*time.Hour, authorized("T1", w.env.Now()))
		w.run()
		if before.Hold != nil || after.Hold == nil || after.Hold.Code != "STILL_WAITING" {
			t.Errorf("%q: held by %+v, then by %+v", schedule, before.Hold, after.Hold)
		}
	}
}

// TestARevocationIsAskedAboutAgain, with reminders of its own.
func TestARevocationIsAskedAboutAgain(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = nil
	w.send(3*time.Hour, revoked("T1"))
	w.at(3*time.Hour, func(p *platform) { p.token = "" })
	late := w.viewAt(60 * time.Hour)
	w.horizon = 70 * time.Hour
	w.run()
	if got, want := askings(*late), []string{"confirm 0 0s", "authorize 0 3h0m0s", "authorize 1 27h0m0s", "authorize 2 51h0m0s"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// TestWhatIsAskedAgainHasRemindersOfItsOwn, at the same stage too.
func TestWhatIsAskedAgainHasRemindersOfItsOwn(t *testing.T) {
	w := ready(t)
	w.platform.refuse("apply", refusal(codes.ClassFix, "LOGO_IS_BLANK", "app_logo"), refusal(codes.ClassFix, "INVALID_LOGO", "app_logo"))
	for _, at := range []time.Duration{30 * time.Hour, 60 * time.Hour} {
		w.command(at, order.CommandProvideInput, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{"files":{}}`}}})
	}
	want := []string{"confirm 0 0s", "hand_in 0 0s", "hand_in 1 24h0m0s", "hand_in 0 30h0m0s", "hand_in 1 54h0m0s"}
	if got := askings(w.run()); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}
