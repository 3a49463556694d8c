package order

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/words"
)

// While another system acts an order takes no command that would act, at whatever stage and hold,
// and says why and what helps.
func TestAnObservedOrderTakesNoCommandThatActs(t *testing.T) {
	for _, stage := range Stages() {
		if stage.Ended() {
			continue
		}
		for _, hold := range append(HoldKinds(), "") {
			s := Situation{Kind: KindFormal, Stage: stage, Hold: hold, Policy: DefaultPolicy(), Observed: true}
			want := []Command{CommandRefresh, CommandRetry, CommandGiveUp}
			if stage == StageAwaitingAuthorization {
				want = want[1:]
			}
			if stage == StageCreating {
				want = append([]Command{CommandProvideInput}, want...)
			}
			if diff := cmp.Diff(want, s.Commands()); diff != "" {
				t.Errorf("at %s under %q:\n%s", stage, hold, diff)
			}
			if why := s.Refuse(CommandCancel); why == nil || !strings.Contains(why.Error(), "active_merchants") {
				t.Errorf("at %s cancel is refused with %v", stage, why)
			}
		}
	}
}

// What Miniflow would have done stands beside what happened.
func TestCompare(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 20, 8, minute, 0, 0, time.UTC) }
	moved := func(minute int, to Stage, note string) TimelineItem {
		return TimelineItem{At: at(minute), Event: HappenedStageChanged, Stage: to, Note: words.Plain(note)}
	}
	held := func(minute int, stage Stage, call string) TimelineItem {
		return TimelineItem{At: at(minute), Event: HappenedHeldBack, Stage: stage, Call: call}
	}
	got := Compare([]TimelineItem{
		held(0, StageCreating, "create"), moved(2, StageAwaitingMerchant, "adopted"), moved(5, StageAwaitingAuthorization, "agreed"),
		moved(6, StageBuilding, "authorised"), held(6, StageBuilding, "upload"), moved(9, StageScanning, "built 1.0.0"),
		moved(10, StageSubmitting, "scan passed"), held(10, StageSubmitting, "apply"),
		{At: at(11), Event: HappenedCommand, Stage: StageSubmitting, Note: words.Plain("refresh")},
		moved(20, StageAuditing, "in audit"), moved(30, StageAuditRejected, "audit rejected"),
		moved(40, StageSubmitting, "the version is back"), held(40, StageSubmitting, "apply"),
	})
	want := []Compared{
		{Call: "create", WouldAt: at(0), HappenedAt: at(2), Happened: words.Plain("adopted")},
		{Call: "upload", WouldAt: at(6), HappenedAt: at(9), Happened: words.Plain("built 1.0.0")},
		{Call: "apply", WouldAt: at(10), HappenedAt: at(20), Happened: words.Plain("in audit")},
		{Happened: words.Plain("the version is back"), HappenedAt: at(40)},
		{Call: "apply", WouldAt: at(40)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(Stages(), StageCreating) || Compare(nil) != nil {
		t.Error("nothing happened, and something is compared")
	}
}

// An order that a person gave up here was not moved by the other system.
func TestGivingUpIsNobodysCall(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	got := Compare([]TimelineItem{
		{At: at, Event: HappenedHeldBack, Stage: StageCreating, Call: "create"},
		{At: at.Add(time.Minute), Event: HappenedCommand, Stage: StageCreating, Actor: "ann", Note: words.Plain(string(CommandGiveUp))},
		{At: at.Add(time.Minute), Event: HappenedStageChanged, Stage: StageCreationFailed, Note: words.Plain("given up")},
	})
	if diff := cmp.Diff([]Compared{{Call: "create", WouldAt: at}}, got); diff != "" {
		t.Error(diff)
	}
}
