package order

import (
	"strings"
	"testing"
	"time"

	"miniflow/words"
)

var eight = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// stuck is an order that waits for its audit, which was asked about two seconds after it began.
func stuck() View {
	next := eight.Add(6 * time.Hour)
	return View{
		Stage: StageAuditing, StageSince: eight, WaitingFor: words.New("wait.audit"), Commands: []Command{CommandRefresh, CommandCancel},
		LastTry:  &Try{Method: "alipay.open.mini.version.detail.query", At: eight.Add(2 * time.Second), Answer: words.New("call.answered_as", "AUDITING")},
		NextLook: &next, LookEvery: 6 * 3600,
	}
}

// refusedFor is stuck, and held for what was answered last.
func refusedFor(kind HoldKind) View {
	v := stuck()
	v.Stage, v.WaitingFor, v.NextLook, v.LookEvery = StageSubmitting, words.New("wait.input", "LOGO_IS_BLANK"), nil, 0
	v.Hold = &Hold{Kind: kind, Since: eight.Add(time.Minute), Code: "LOGO_IS_BLANK", Message: words.Plain("the logo is missing")}
	v.LastTry = &Try{Method: "alipay.open.mini.version.audit.apply", At: eight.Add(time.Minute), Answer: words.Plain("the logo is missing"), Code: "LOGO_IS_BLANK"}
	return v
}

// TestWhyInOneSentence: what it waits for, since when, what was tried last and what came of it, when
// it looks again, and what a person can do.
func TestWhyInOneSentence(t *testing.T) {
	rejected := stuck()
	rejected.Stage, rejected.WaitingFor, rejected.LastTry = StageAuditRejected, words.New("wait.resubmit"), nil
	rejected.Commands = []Command{CommandResubmit, CommandCancel}
	ended, listed, pausing, closed := stuck(), refusedFor(HoldNeedsInput).Summary(), stuck(), stuck()
	ended.Stage, ended.FinishedAt = StageOnline, &eight
	next := eight.Add(time.Minute)
	pausing.WaitingFor = words.New("wait.next_try", words.New("wait.again", "SubmitAudit", "BUSY"), next)
	pausing.LastTry, pausing.NextLook, pausing.LookEvery = &Try{Method: "m.apply", At: eight, Answer: words.Plain("too many"), Code: "BUSY"}, &next, 0
	closed.WaitingFor, closed.Commands, closed.Execution = words.New("wait.closed"), []Command{CommandBeginAgain}, ExecutionTerminated
	closed.LastTry, closed.Interruption = nil, &Interruption{Since: eight.Add(time.Hour)}
	approval := refusedFor(HoldNeedsApproval)
	approval.Hold.Code, approval.Hold.Message, approval.WaitingFor, approval.LastTry = "UPLOAD", words.New("hold.upload"), words.New("wait.approval"), nil
	for want, view := range map[string]View{
		"since 2026-11-20T08:00:00Z it waits for the audit's result, usually within two working days; " +
			"last tried: alipay.open.mini.version.detail.query at 2026-11-20T08:00:02Z, answered: AUDITING; " +
			"goes on by itself: at about 2026-11-20T14:00:00Z, or at once on Alipay's message; a person can: refresh, cancel": stuck(),
		"since 2026-11-20T08:01:00Z it waits for corrected input: LOGO_IS_BLANK (provide-input); " +
			"last tried: alipay.open.mini.version.audit.apply at 2026-11-20T08:01:00Z, refused: the logo is missing (LOGO_IS_BLANK); " +
			"goes on by itself: not before somebody has acted; a person can: refresh, cancel": refusedFor(HoldNeedsInput),
		"since 2026-11-20T08:01:00Z it waits for corrected input: LOGO_IS_BLANK (provide-input); because: the logo is missing; " +
			"last tried: alipay.open.mini.version.audit.apply at 2026-11-20T08:01:00Z, refused: LOGO_IS_BLANK; " +
			"goes on by itself: not before somebody has acted; a person can: refresh, cancel": listed,
		"since 2026-11-20T08:00:00Z it waits for the next try of m.apply; last tried: m.apply at 2026-11-20T08:00:00Z, refused: too many (BUSY); " +
			"goes on by itself: at 2026-11-20T08:01:00Z; a person can: refresh, cancel": pausing,
		"since 2026-11-20T09:00:00Z it waits for a person: its workflow was closed in Temporal before its end (begin-again); a person can: begin-again": closed,
		"since 2026-11-20T08:01:00Z it waits for a person's approval (approve); because: " + words.New("hold.upload").String() +
			"; goes on by itself: not before somebody has acted; a person can: refresh, cancel": approval,
		"since 2026-11-20T08:00:00Z it waits for resubmit, with a corrected submission or a new version; " +
			"goes on by itself: not before somebody has acted; what is done in Alipay's own console is seen at about 2026-11-20T14:00:00Z; a person can: resubmit, cancel": rejected,
		"it ended at 2026-11-20T08:00:00Z and waits for nothing": ended,
	} {
		if why := view.Explained(eight).Why.String(); why != want {
			t.Errorf("it says\n%s, want\n%s", why, want)
		}
	}
	chinese := stuck().Explained(eight).Why.In(words.Chinese)
	if want := "自北京时间 2026-11-20 16:00:00起等待：审核结果，通常在两个工作日内；最近一次调用：alipay.open.mini.version.detail.query（于北京时间 2026-11-20 16:00:02），应答：AUDITING；" +
		"自动继续：约北京时间 2026-11-20 22:00:00再次查询，收到支付宝的消息则立即查询；可以执行：refresh, cancel"; chinese != want {
		t.Errorf("it says\n%s, want\n%s", chinese, want)
	}
}

// TestTheNextLookIsNotOver: an order that sleeps is not told of looks without news, and a pause that
// is over is none.
func TestTheNextLookIsNotOver(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: 6, 6*time.Hour - 1: 6, 6 * time.Hour: 12, 13 * time.Hour: 18, 240 * time.Hour: 246} {
		if next := stuck().Explained(eight.Add(after)).NextLook; next == nil || !next.Equal(eight.Add(want*time.Hour)) {
			t.Errorf("after %s it looks again at %v, want after %d hours", after, next, want)
		}
	}
	pausing := stuck()
	pausing.LookEvery = 0
	if over := pausing.Explained(eight.Add(6 * time.Hour)); over.NextLook != nil || strings.Contains(over.Why.String(), "by itself") {
		t.Errorf("a pause that is over: %v, %s", over.NextLook, over.Why)
	}
}

// TestALineInAListIsShort, whatever Alipay has answered.
func TestALineInAListIsShort(t *testing.T) {
	v := refusedFor(HoldNeedsInput)
	v.LastTry.Answer, v.LastTry.Code = words.Plain(strings.Repeat("简介与实际服务不符", 30)), "OTHER"
	if line := v.Summary(); len(line.LastTry.Answer.String()) > 120 || len(v.LastTry.Answer.String()) < 800 {
		t.Errorf("a list has %d bytes of it, and the order %d", len(line.LastTry.Answer.String()), len(v.LastTry.Answer.String()))
	}
}
