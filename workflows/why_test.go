package workflows_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAnOrderThatSleepsSaysWhatWasAskedLast, and when its app's Sweep asks first.
func TestAnOrderThatSleepsSaysWhatWasAskedLast(t *testing.T) {
	w := ready(t)
	w.sweep.off = true
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 48 * time.Hour}}
	w.send(72*time.Hour, audited(order.VerdictPassed))
	view := w.viewAt(24 * time.Hour)
	ended := w.run()
	last, expected := view.LastTry, w.input.Schedules.Expect(order.WaitAudit)
	if last == nil || last.Method != alipay.MethodAuditApply || last.Answer.String() != "accepted: AUDITING" || last.At.Before(view.StageSince) {
		t.Errorf("what was tried last: %+v", last)
	}
	if view.NextLook == nil || !view.NextLook.Equal(view.StageSince.Add(expected)) || view.LookEvery != expected.Seconds() {
		t.Errorf("it looks again at %v, every %v seconds; it is in audit since %s", view.NextLook, view.LookEvery, view.StageSince)
	}
	if !strings.Contains(view.Why.String(), "accepted: AUDITING") {
		t.Errorf("why: %s", view.Why)
	}
	if ended.Stage != order.StageOnline || ended.NextLook != nil || ended.LastTry == nil {
		t.Errorf("once it has ended %s it looks again at %v after %+v", ended.Stage, ended.NextLook, ended.LastTry)
	}
}

// TestACallThatPausesSaysWhyAndWhenItIsMadeAgain, in lists as well.
func TestACallThatPausesSaysWhyAndWhenItIsMadeAgain(t *testing.T) {
	w := ready(t)
	w.platform.forEver = map[string]*gateway.Error{"apply": refusal(codes.ClassWait, "CAN_NOT_SUBMIT_WITH_AUDIT")}
	w.horizon = 30 * time.Hour
	view := w.viewAt(25 * time.Hour)
	w.run()
	last := view.LastTry
	if last == nil || last.Method != alipay.MethodAuditApply || last.Code != "CAN_NOT_SUBMIT_WITH_AUDIT" || last.Answer.IsZero() {
		t.Fatalf("what was tried last: %+v", last)
	}
	if view.NextLook == nil || view.LookEvery != 0 || !view.NextLook.After(last.At) {
		t.Errorf("it tries again at %v, every %v seconds; %s", view.NextLook, view.LookEvery, view.Why)
	}
	if listed := w.summary.LastTry; listed == nil || listed.Code != last.Code {
		t.Errorf("a list says %+v", listed)
	}
}

// TestAnOrderThatIsHeldSaysForWhat, though Alipay was asked since whether somebody has acted in its
// console.
func TestAnOrderThatIsHeldSaysForWhat(t *testing.T) {
	w := ready(t)
	w.platform.forEver = map[string]*gateway.Error{"apply": refusal(codes.ClassFix, "LOGO_IS_BLANK")}
	w.horizon = 30 * time.Hour
	view := w.viewAt(25 * time.Hour)
	w.run()
	if last := view.LastTry; last == nil || last.Method != alipay.MethodVersionDetail || last.Answer.String() != "answered: INIT" {
		t.Fatalf("what was tried last: %+v", last)
	}
	for _, says := range []string{"LOGO_IS_BLANK", "because: " + view.Hold.Message.String(), "not before somebody has acted", "provide-input"} {
		if !strings.Contains(view.Why.String(), says) {
			t.Errorf("it does not say %q: %s", says, view.Why)
		}
	}
}

// TestAListsLineFitsAMemo, in which Temporal takes 2 KB without a warning: what was tried last adds
// little, however long Alipay's answer.
func TestAListsLineFitsAMemo(t *testing.T) {
	w := ready(t)
	long := refusal(codes.ClassFix, "LOGO_IS_BLANK")
	long.SubMsg = strings.Repeat("小程序简介与实际服务不符", 60)
	w.platform.forEver = map[string]*gateway.Error{"apply": long}
	w.horizon = 10 * time.Hour
	w.run()
	with, without := w.summary, w.summary
	without.LastTry, without.NextLook, without.LookEvery = nil, nil, 0
	if more := jsonSize(t, with) - jsonSize(t, without); more > 300 {
		t.Errorf("it adds %d bytes to %d", more, jsonSize(t, without))
	}
}

func jsonSize(t *testing.T, value any) int {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}
