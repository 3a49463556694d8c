package activities_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAPollAsksByItsSchedule, and says what it asked, what the answer was and
// when it asks again: that is what people read in the Temporal UI.
func TestAPollAsksByItsSchedule(t *testing.T) {
	polls := 0
	for name, e := range activityCases() {
		if !e.polls {
			continue
		}
		polls++
		b := newBench(t)
		if e.pending != nil {
			e.pending(b.fakeAlipay)
		}
		for attempt, delay := range map[int32]time.Duration{1: 2 * time.Minute, 2: 2 * time.Minute, 3: 20 * time.Minute, 1000: 20 * time.Minute} {
			b.attempt = attempt
			_, err := b.try(name, e.input)
			if got := endingOf(t, err); got != waits(delay) {
				t.Errorf("%s, try %d: %+v, want a wait of %s", name, attempt, got, delay)
			}
			var application *temporal.ApplicationError
			errors.As(err, &application)
			if want := e.says + "; asked again in " + delay.String(); application.Message() != want {
				t.Errorf("%s says %q, want %q", name, application.Message(), want)
			}
			if application.Category() != temporal.ApplicationErrorCategoryBenign {
				t.Errorf("%s: a wait counts as an error", name)
			}
		}
	}
	if polls != 12 {
		t.Errorf("%d polls", polls)
	}
}

// TestAPollGivesUp with the last answer, once its delays add up to what was given.
func TestAPollGivesUp(t *testing.T) {
	limited := activities.Pacing{Schedule: slow, GiveUpAfter: order.Duration(5 * time.Minute)}
	version, formal, trial := awaiting(activities.VersionAuditing), merchantQuestion(order.KindFormal), merchantQuestion(order.KindTrial)
	version.Pacing, formal.Pacing, trial.Pacing = limited, limited, limited
	none := activities.MerchantAnswer{Status: order.MerchantWaiting, OutOrderNo: outNo, MiniAppID: miniAppID, Certification: order.CertificationNone}
	nothing := activities.MerchantAnswer{Status: order.MerchantWaiting, Certification: order.CertificationNone}
	tests := []struct {
		name            string
		input           any
		answer, unknown any
	}{
		{activities.AwaitAuditResult.Name, version, stands(activities.VersionAuditing), activities.VersionAnswer{}},
		{activities.AwaitMerchant.Name, formal, none, nothing},
		{activities.AwaitCertification.Name, trial, none, nothing},
		{activities.LookAfterEnd.Name, formal, none, nothing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, b := activityCases()[test.name], newBench(t)
			b.fakeAlipay.version(gateway.VersionAuditing)
			for attempt := int32(1); attempt <= 5; attempt++ {
				b.attempt = attempt
				givesUp := attempt >= 4 // after 2m + 2m + 20m
				answer, err := b.try(test.name, test.input)
				if (err == nil) != givesUp {
					t.Errorf("try %d: %v", attempt, err)
				}
				b.fakeAlipay.plan(e.method, plan{err: refused(codes.ClassQuery, "ORDER_NOT_EXIST")})
				unknown, err := b.try(test.name, test.input)
				if (err == nil) != givesUp {
					t.Errorf("try %d of what Alipay does not know: %v", attempt, err)
				}
				b.fakeAlipay.plan(e.method, plan{err: refused(codes.ClassUnknown, "")})
				if _, err := b.try(test.name, test.input); !retryable(err) {
					t.Errorf("try %d gave up during an outage: %v", attempt, err)
				}
				if givesUp {
					sameJSON(t, answer, test.answer)
					sameJSON(t, unknown, test.unknown)
				}
			}
		})
	}
}

// TestAnOutageIsNotPolledSlowly: an unanswered question has a pace of its own.
func TestAnOutageIsNotPolledSlowly(t *testing.T) {
	for attempt, want := range map[int32]time.Duration{1: 7 * time.Second, 2: time.Minute, 50: time.Minute} {
		b := newBench(t)
		b.attempt = attempt
		q := awaiting(activities.VersionAuditing)
		q.Pacing.Schedule = order.Schedule{{Every: 6 * time.Hour}}
		b.fakeAlipay.plan("detail", plan{err: refused(codes.ClassUnknown, "")})
		_, err := b.try(activities.AwaitAuditResult.Name, q)
		if got := endingOf(t, err); got != waits(want) {
			t.Errorf("try %d: %+v, want a wait of %s", attempt, got, want)
		}
	}
}

// TestWhatWasJustMadeIsLookedForOften: what Alipay does not know is asked about by the question's own
// schedule six times, and then as rarely as an outage.
func TestWhatWasJustMadeIsLookedForOften(t *testing.T) {
	for attempt, want := range map[int32]time.Duration{1: 2 * time.Second, 6: 2 * time.Second, 7: time.Minute} {
		b := newBench(t)
		b.attempt = attempt
		q := awaiting(activities.VersionAuditing)
		q.Pacing.Schedule = order.Schedule{{Every: 2 * time.Second}}
		b.fakeAlipay.plan("detail", plan{err: refused(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")})
		_, err := b.try(activities.AwaitAuditResult.Name, q)
		if got := endingOf(t, err); got != waits(want) {
			t.Errorf("try %d: %+v, want a wait of %s", attempt, got, want)
		}
	}
}

// TestAPollGivesUpInTime: its last delay may end in the very moment that was given.
func TestAPollGivesUpInTime(t *testing.T) {
	q := awaiting(activities.VersionAuditing)
	q.Pacing.GiveUpAfter = order.Duration(4 * time.Minute)
	for attempt, givesUp := range map[int32]bool{2: false, 3: true} {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionAuditing)
		b.attempt = attempt
		if _, err := b.try(activities.AwaitAuditResult.Name, q); (err == nil) != givesUp {
			t.Errorf("try %d, after 2m each: %v", attempt, err)
		}
	}
}

func TestHowABuildEnds(t *testing.T) {
	broken := refused(codes.ClassFix, "POLLING_BUILDING_ERROR", "app_version")
	broken.AutoFix = codes.AutoFixHigherVersion
	tests := map[string]struct {
		build gateway.Build
		err   error
		want  activities.BuildState
	}{
		"created":            {build: gateway.Build{BuildStatus: gateway.BuildDone, CreateStatus: gateway.BuildCreated}, want: activities.BuildDone},
		"version created":    {build: gateway.Build{VersionCreated: true}, want: activities.BuildDone},
		"built, not created": {build: gateway.Build{BuildStatus: gateway.BuildDone, CreateStatus: gateway.BuildRunning}},
		"queued":             {build: gateway.Build{BuildStatus: gateway.BuildQueued, NeedRotation: true}},
		"failed":             {build: gateway.Build{BuildStatus: gateway.BuildFailed}, want: activities.BuildFailed},
		"creation failed":    {build: gateway.Build{BuildStatus: gateway.BuildDone, CreateStatus: gateway.BuildFailed}, want: activities.BuildFailed},
		"timed out":          {build: gateway.Build{BuildStatus: gateway.BuildTimeout}, want: activities.BuildTimedOut},
		"creation timed out": {build: gateway.Build{CreateStatus: gateway.BuildTimeout}, want: activities.BuildTimedOut},
		"failed by a code":   {err: broken, want: activities.BuildFailed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.builds[number] = test.build
			b.fakeAlipay.plan("build", plan{err: test.err})
			result, err := b.try(activities.AwaitBuild.Name, awaiting())
			if test.want == "" {
				if !retryable(err) {
					t.Errorf("ended with %s, %v", result, err)
				}
				return
			}
			sameJSON(t, result, activities.BuildAnswer{State: test.want})
		})
	}
}

func TestAScanThatFailsIsAnAnswer(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.version(gateway.VersionInit).ScanResult = gateway.ScanFailed
	result, err := b.try(activities.AwaitScan.Name, awaiting())
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, activities.VersionAnswer{Status: activities.VersionInit, Scan: "False"})
}

// TestTheReasonsOfAnAudit: each half's remarks, or the flat text where there are none.
func TestTheReasonsOfAnAudit(t *testing.T) {
	ended := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	b := newBench(t)
	detail := b.fakeAlipay.version(gateway.VersionAuditReject)
	detail.BaseAudit, detail.PromoteAudit, detail.AuditEndedAt = alipay.AuditReject, alipay.AuditPass, ended
	detail.RejectReason = "见详情"
	detail.BaseReason = alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "缺少门头照", Images: []string{"i1"}}}}
	detail.PromoteReason = alipay.AuditReason{Images: []string{"i2"}}
	want := activities.VersionAnswer{
		Status: activities.VersionAuditReject, Scan: "NAN", BaseAudit: "REJECT", PromoteAudit: "PASS", EndedAt: ended,
		Reasons: []order.Reason{{Part: "base", Memo: "缺少门头照", Images: []string{"i1"}}, {Part: "promote", Images: []string{"i2"}}},
	}
	result, err := b.try(activities.AwaitAuditResult.Name, awaiting())
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, want)
	detail.BaseReason, detail.PromoteReason = alipay.AuditReason{}, alipay.AuditReason{}
	want.Reasons = []order.Reason{{Part: "all", Memo: "见详情", Images: []string{}}}
	result, err = b.try(activities.AwaitChange.Name, awaiting())
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, want)
}

// TestWhatEndsTheWaitForACertification: news, the end of the trial, nothing else.
func TestWhatEndsTheWaitForACertification(t *testing.T) {
	tests := map[alipay.FastRegisterStatus]bool{
		alipay.FastRegisterWaitConfirm: false, alipay.FastRegisterCreated: false, alipay.FastRegisterCertifyOperator: false,
		alipay.FastRegisterCertifyMerchant: true, alipay.FastRegisterCertified: true, alipay.FastRegisterCertifyFailed: true,
		alipay.FastRegisterCancelled: true, alipay.FastRegisterCreateFailed: true, alipay.FastRegisterConfirmTimeout: false,
	}
	for _, status := range alipay.FastRegisterStatuses() {
		b := newBench(t)
		b.fakeAlipay.registration = status
		q := merchantQuestion(order.KindTrial)
		q.Known = order.CertificationOperator
		_, err := b.try(activities.AwaitCertification.Name, q)
		if ends, listed := tests[status]; !listed || (err == nil) != ends {
			t.Errorf("%s: %v", status, err)
		}
	}
}
