package activities_test

import (
	"slices"
	"testing"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// inRun is the input of an act that belongs to a run of its order; nil for what is no act.
func inRun(input any, run activities.Run) any {
	switch call := input.(type) {
	case activities.CreateCall:
		call.Run = run
		return call
	case activities.NumberCall:
		call.Run = run
		return call
	case activities.BuildCall:
		call.Number.Run = run
		return call
	case activities.UploadCall:
		call.Run = run
		return call
	case activities.SubmitCall:
		call.Question.Run = run
		return call
	case activities.CertifyCall:
		call.Run = run
		return call
	case activities.InviteCall:
		call.Run = run
		return call
	case activities.ReleaseCall:
		call.Question.Run = run
		return call
	case activities.VersionQuestion:
		call.Run = run
		return call
	}
	return nil
}

// TestAnActOfARunThatWasReset: an operator's reset made the order's acts again, so
// that a second version was uploaded. An act that finds itself in another run than
// its own does nothing and says in which run it is.
func TestAnActOfARunThatWasReset(t *testing.T) {
	acted := 0
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if e.polls || name == activities.CheckToken.Name { // which changes nothing
			return
		}
		acted++
		b.run = "after"
		_, err := b.try(name, inRun(e.input, "before"))
		failure := failureOf(t, err)
		if retryable(err) || failure.Class != activities.FailureReset || failure.Code != activities.CodeReset || failure.Run != "after" {
			t.Fatalf("ended with %v: %+v", err, failure)
		}
		if len(b.fakeAlipay.calls) != 0 || len(b.ledger.kept) != 0 {
			t.Errorf("calls %v, numbers %v", b.fakeAlipay.calls, b.ledger.kept)
		}
		for _, own := range []activities.Run{"after", ""} {
			b := newBench(t)
			if e.ready != nil {
				e.ready(b.fakeAlipay)
			}
			b.run = "after"
			result, err := b.try(name, inRun(e.input, own))
			if err != nil {
				t.Fatalf("in its own run %q: %v", own, err)
			}
			sameJSON(t, result, e.want)
		}
	})
	if acted != 11 {
		t.Errorf("%d acts", acted)
	}
}

// TestAResetThatComesBetweenTwoTries: a run is looked at by every try, and an act
// whose effect stands is not made again either.
func TestAResetThatComesBetweenTwoTries(t *testing.T) {
	b := newBench(t)
	e := activityCases()[activities.UploadVersion.Name]
	b.run = "before"
	b.fakeAlipay.plan("upload", plan{err: refused(codes.ClassUnknown, ""), after: true})
	if _, err := b.try(activities.UploadVersion.Name, inRun(e.input, "before")); !unknown(err) {
		t.Fatalf("ended with %v", err)
	}
	b.run, b.attempt = "after", 2
	_, err := b.try(activities.UploadVersion.Name, inRun(e.again[0], "before"))
	if failure := failureOf(t, err); failure.Class != activities.FailureReset || b.fakeAlipay.calls["build"] != 0 || b.fakeAlipay.effect("upload") != 1 {
		t.Errorf("ended with %v; calls %v", err, b.fakeAlipay.calls)
	}
}

// TestAVersionThatIsNotThereYet: right after a build Alipay does not know the version
// for a while. That is nothing for a person: the act says that there is none, and
// that nothing was done.
func TestAVersionThatIsNotThereYet(t *testing.T) {
	for name := range acts {
		b := newBench(t)
		_, err := b.try(name, activityCases()[name].input)
		failure := failureOf(t, err)
		if !unknown(err) || failure.Code != "MINIAPP_VERSION_NOT_EXSIT" || !failure.Traceless || !failure.Absent {
			t.Errorf("%s ended with %v: %+v", name, err, failure)
		}
		if len(b.fakeAlipay.calls) != 1 {
			t.Errorf("%s: calls %v", name, b.fakeAlipay.calls)
		}
	}
}

// TestAVersionThatAlipayNeverHad: the same through the real client, in the words of its gateway.
func TestAVersionThatAlipayNeverHad(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.created()
	for name, input := range map[string]any{
		activities.SubmitAudit.Name: s.submission(), activities.CancelAudit.Name: s.version(), activities.TakeBack.Name: s.version(),
		activities.PutOnline.Name: activities.ReleaseCall{Question: s.version()},
	} {
		_, err := s.try(name, input)
		if failure := failureOf(t, err); !unknown(err) || !failure.Absent || failure.TraceID == "" {
			t.Errorf("%s ended with %v: %+v", name, err, failure)
		}
	}
	if _, err := s.try(activities.AwaitScan.Name, s.version()); endingOf(t, err) != waits(pacing.Schedule.Delay(1)) {
		t.Errorf("a question ended with %v", err)
	}
}

// TestAVersionThatVanishes between the question and the write was not written on.
func TestAVersionThatVanishes(t *testing.T) {
	for name, from := range acts {
		b := newBench(t)
		b.fakeAlipay.version(from[0])
		b.fakeAlipay.plan(methodOf(name, from[0]), plan{err: refused(codes.ClassQuery, "GONE"), first: func(o *fakeAlipay) { clear(o.versions) }})
		_, err := b.try(name, activityCases()[name].input)
		if failure := failureOf(t, err); !unknown(err) || !failure.Traceless {
			t.Errorf("%s ended with %v: %+v", name, err, failure)
		}
	}
}

// TestAnAcceptedWriteThatLedFurther: where the version stands by then is neither
// where it was nor where it was to go. The answer is what Alipay shows. A submission and a release are
// believed: the wait that follows asks about the one, and nothing follows the other.
func TestAnAcceptedWriteThatLedFurther(t *testing.T) {
	for name, from := range acts {
		e := activityCases()[name]
		if name == activities.SubmitAudit.Name || name == activities.PutOnline.Name {
			b := newBench(t)
			b.fakeAlipay.version(from[0])
			result, err := b.try(name, e.input)
			must(t, err)
			sameJSON(t, result, e.want)
			if asked := b.fakeAlipay.calls["detail"]; asked != 1 {
				t.Errorf("%s asked %d times where the version stands", name, asked)
			}
			continue
		}
		want, _ := e.want.(activities.VersionAnswer)
		for _, third := range gateway.VersionStatuses() {
			if third == from[0] || third == gateway.VersionStatus(want.Status) {
				continue
			}
			b := newBench(t)
			b.fakeAlipay.version(from[0])
			b.fakeAlipay.plan("detail", plan{}, plan{first: func(o *fakeAlipay) { o.versions[number].Status = third }})
			result, err := b.try(name, e.input)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sameJSON(t, result, stands(activities.VersionStatus(third)))
		}
	}
}

// TestAStatusThatNoTableHas is shown, and nothing is written.
func TestAStatusThatNoTableHas(t *testing.T) {
	for name := range acts {
		b := newBench(t)
		b.fakeAlipay.version("FROZEN")
		result, err := b.try(name, activityCases()[name].input)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameJSON(t, result, stands("FROZEN"))
		if len(b.fakeAlipay.calls) != 1 {
			t.Errorf("%s: calls %v", name, b.fakeAlipay.calls)
		}
	}
}

// TestChangesThatAreUsedUp: HAS_NO_MODIFY_CNT does not say which of three fields may
// not be changed any more. All three are named, so that they can be left out in turn.
func TestChangesThatAreUsedUp(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.version(gateway.VersionInit)
	usedUp := codes.Classify(alipay.MethodAuditApply, "40004", "HAS_NO_MODIFY_CNT", "")
	b.fakeAlipay.plan("apply", plan{err: &gateway.Error{Method: alipay.MethodAuditApply, Code: "40004", SubCode: "HAS_NO_MODIFY_CNT", Meaning: usedUp}})
	_, err := b.try(activities.SubmitAudit.Name, activityCases()[activities.SubmitAudit.Name].input)
	failure := failureOf(t, err)
	if failure.Class != activities.FailureFix || !slices.Equal(failure.Drops, []string{"app_slogan", "mini_category_ids", "app_desc"}) {
		t.Errorf("ended with %v: %+v", err, failure)
	}
}

// TestAnAgreementWithoutAMiniProgram is a wait: there is nothing to go on with.
func TestAnAgreementWithoutAMiniProgram(t *testing.T) {
	for kind, ready := range map[order.Kind]func(*fakeAlipay){
		order.KindFormal: func(o *fakeAlipay) { o.merchant = alipay.MerchantAgreed },
		order.KindTrial:  func(o *fakeAlipay) { o.registration = alipay.FastRegisterCreated },
	} {
		b := newBench(t)
		ready(b.fakeAlipay)
		b.fakeAlipay.nameless = true
		if _, err := b.try(activities.AwaitMerchant.Name, merchantQuestion(kind)); endingOf(t, err) != waits(slow.Delay(1)) {
			t.Errorf("%s ended with %v", kind, err)
		}
		b.fakeAlipay.nameless = false
		result, err := b.try(activities.AwaitMerchant.Name, merchantQuestion(kind))
		must(t, err)
		if answer := decoded[activities.MerchantAnswer](t, result); answer.Status != order.MerchantAgreed || answer.MiniAppID != miniAppID {
			t.Errorf("%s: %+v", kind, answer)
		}
	}
}

// TestACreationThatMayBeDone asks a person only when there is nothing to ask Alipay by.
func TestACreationThatMayBeDone(t *testing.T) {
	for _, code := range []string{"ORDER_FINISHED", "OPERATION_INVALID"} {
		b := newBench(t)
		b.fakeAlipay.plan("create", plan{err: &gateway.Error{SubCode: code, Meaning: codes.Classify(alipay.MethodCreate, "40004", code, "")}})
		_, err := b.try(activities.CreateMiniProgram.Name, activityCases()[activities.CreateMiniProgram.Name].input)
		if failure := failureOf(t, err); retryable(err) || failure.Class != activities.FailurePermanent || !failure.Ask || failure.Code != code {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	}
}

// TestAnUploadAsksFirst where an earlier one may have arrived, and not where none was made.
func TestAnUploadAsksFirst(t *testing.T) {
	e := activityCases()[activities.UploadVersion.Name]
	tests := map[string]struct {
		input   any
		attempt int32
		built   bool
		asked   int
		uploads int
	}{
		"the first":                          {input: e.input, attempt: 1, uploads: 1},
		"after one that was lost":            {input: e.again[0], attempt: 1, built: true, asked: 1},
		"after one that came to nothing":     {input: e.again[0], attempt: 1, asked: 1, uploads: 1},
		"after a worker that was lost":       {input: e.input, attempt: 2, built: true, asked: 1},
		"after a worker that had not called": {input: e.input, attempt: 2, asked: 1, uploads: 1},
	}
	for name, test := range tests {
		b := newBench(t)
		b.attempt = test.attempt
		if test.built {
			building(b.fakeAlipay)
		}
		_, err := b.try(activities.UploadVersion.Name, test.input)
		if err != nil || b.fakeAlipay.calls["build"] != test.asked || b.fakeAlipay.calls["upload"] != test.uploads {
			t.Errorf("%s: calls %v, %v", name, b.fakeAlipay.calls, err)
		}
	}
}

// TestANumberThatIsTakenWithoutABuild: Alipay says that the number exists and knows
// no build of it. Nothing of ours was done, and the order learns that it is taken.
func TestANumberThatIsTakenWithoutABuild(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.plan("upload", plan{err: refused(codes.ClassQuery, "VERSION_HAS_EXISTED")})
	_, err := b.try(activities.UploadVersion.Name, activityCases()[activities.UploadVersion.Name].input)
	if failure := failureOf(t, err); !unknown(err) || !failure.Traceless || !failure.Taken {
		t.Errorf("ended with %v: %+v", err, failure)
	}
}
