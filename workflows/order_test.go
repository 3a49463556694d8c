package workflows_test

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

func activityName(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }

const straight = "creating awaiting_merchant awaiting_authorization building scanning submitting auditing releasing online"

var reviewed = []verdict{{status: gateway.VersionWaitRelease, after: time.Hour}}

// agree lets the merchant agree and authorise.
func agree(p *platform) { p.merchant, p.token = alipay.MerchantAgreed, "T1" }

func TestOrderGoesOnline(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	w.send(2*time.Minute, confirmed("AGREED"))
	w.send(3*time.Minute, authorized("T1", w.env.Now()))
	w.send(70*time.Minute, audited(order.VerdictPassed))
	view := w.run()
	if got := trail(view); got != straight {
		t.Errorf("went %s", got)
	}
	if view.Promotable == nil || !*view.Promotable || len(view.Audits) != 1 || view.Audits[0].Verdict != order.VerdictPassed {
		t.Errorf("audits %+v promotable %v", view.Audits, view.Promotable)
	}
	if err := w.platform.once("create", "upload", "apply", "online"); err != nil {
		t.Error(err)
	}
	for id, d := range dispositions(view) {
		if d != order.DispositionApplied {
			t.Errorf("%s became %s", id, d)
		}
	}
}

// TestPollingAloneIsEnough: every message is lost but the token, which no query returns.
func TestPollingAloneIsEnough(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(5*time.Minute, agree)
	w.send(30*time.Minute, authorized("T1", w.env.Now()))
	if got := trail(w.run()); got != straight {
		t.Errorf("went %s", got)
	}
}

// TestMessagesAloneAreEnough: with polls a year apart, messages move the order at once.
func TestMessagesAloneAreEnough(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	year := order.Schedule{{Every: 365 * 24 * time.Hour}}
	w.input.Schedules.Confirm, w.input.Schedules.Audit = year, year
	began := w.env.Now()
	w.at(time.Minute, agree)
	w.send(2*time.Minute, confirmed("AGREED"))
	w.send(3*time.Minute, authorized("T1", began))
	w.send(70*time.Minute, audited(order.VerdictPassed))
	view := w.run()
	if took := view.FinishedAt.Sub(began); view.Stage != order.StageOnline || took > 2*time.Hour {
		t.Errorf("ended %s after %s", view.Stage, took)
	}
}

func TestMerchantSaysNo(t *testing.T) {
	tests := map[alipay.MerchantStatus]order.Stage{
		alipay.MerchantRejected: order.StageMerchantRejected,
		alipay.MerchantTimeout:  order.StageConfirmTimedOut,
	}
	for status, end := range tests {
		w := newWorld(t)
		w.at(time.Minute, func(p *platform) { p.merchant = status })
		w.send(2*time.Minute, confirmed(string(status)))
		view := w.run()
		if view.Stage != end || view.FinishedAt == nil || len(view.Commands) != 0 {
			t.Errorf("%s ended %s, finished %v, commands %v", status, view.Stage, view.FinishedAt, view.Commands)
		}
	}
}

func TestRejectedFixedAndOnline(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = []verdict{
		{status: gateway.VersionAuditReject, after: time.Hour, reasons: []string{"缺少门头照"}},
		{status: gateway.VersionWaitRelease, after: time.Hour},
	}
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	w.send(80*time.Minute, audited(order.VerdictRejected, order.Reason{Part: "base", Memo: "缺少门头照"}))
	w.command(5*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{}`}}})
	late := audited(order.VerdictRejected)
	w.send(5*time.Hour+30*time.Minute, late)
	view := w.run()
	if len(view.Audits) != 2 || view.Audits[0].Verdict != order.VerdictRejected || view.Audits[1].Verdict != order.VerdictPassed {
		t.Fatalf("audits %+v", view.Audits)
	}
	if view.Audits[0].Reasons[0].Memo != "缺少门头照" {
		t.Errorf("reasons %+v", view.Audits[0].Reasons)
	}
	if got := dispositions(view)["n3"]; got != order.DispositionStale {
		t.Errorf("a late rejection of the first attempt became %s", got)
	}
	if w.platform.effects["take back"] != 1 || w.platform.effects["apply"] != 2 {
		t.Errorf("effects %v", w.platform.effects)
	}
}

func TestBasePassFollowsThePolicy(t *testing.T) {
	tests := []struct {
		policy  order.BasePassPolicy
		command order.Command
		in      order.Instruction
		want    string
	}{
		{order.BasePassGoOnline, "", order.Instruction{}, "base_passed releasing online"},
		{order.BasePassAsk, order.CommandDecideBasePass, order.Instruction{Decision: order.BasePassGoOnline}, "base_passed releasing online"},
		{order.BasePassResubmit, order.CommandResubmit, order.Instruction{Version: &order.Version{AppVersion: "1.0.0"}},
			"base_passed audit_rejected building scanning submitting auditing releasing online"},
	}
	for _, test := range tests {
		t.Run(string(test.policy), func(t *testing.T) {
			w := newWorld(t)
			w.input.Request.Policy.OnBasePass = test.policy
			w.platform.verdicts = []verdict{
				{status: gateway.VersionBaseAuditPass, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour},
			}
			w.at(time.Minute, agree)
			w.send(2*time.Minute, authorized("T1", w.env.Now()))
			if test.command != "" {
				w.command(6*time.Hour, test.command, test.in)
			}
			view := w.run()
			if got := trail(view); !strings.HasSuffix(got, test.want) {
				t.Errorf("went %s", got)
			}
			if promotable := test.policy == order.BasePassResubmit; *view.Promotable != promotable {
				t.Errorf("promotable %v", *view.Promotable)
			}
		})
	}
}

// TestRevokedAndBack: at each stage that needs the token, it is revoked and given again.
func TestRevokedAndBack(t *testing.T) {
	for name, when := range map[string]time.Duration{"in audit": 30 * time.Minute, "after the result": 90 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.platform.verdicts = reviewed
			began := w.env.Now()
			w.input.Request.Policy.Release = order.StepManual
			w.at(time.Minute, agree)
			w.send(2*time.Minute, authorized("T1", began))
			w.at(when, func(p *platform) { p.token = "" })
			w.send(when, revoked("T1"))
			w.send(3*time.Hour, audited(order.VerdictPassed))
			w.at(10*time.Hour, func(p *platform) { p.token = "T2" })
			w.send(10*time.Hour+time.Second, authorized("T2", began.Add(10*time.Hour)))
			w.send(11*time.Hour, revoked("T1"))
			w.command(12*time.Hour, order.CommandApprove, order.Instruction{})
			view := w.run()
			if view.Stage != order.StageOnline || view.Authorization != order.AuthorizationAuthorized {
				t.Errorf("ended %s, %s", view.Stage, view.Authorization)
			}
			if err := w.platform.once("create", "upload", "apply", "online"); err != nil {
				t.Error(err)
			}
		})
	}
}
