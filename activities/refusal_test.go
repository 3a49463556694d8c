package activities_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// ending is how an activity ended that did not succeed.
type ending struct {
	// kind is the application error's type; a failure's is its class.
	kind  string
	again bool
	delay time.Duration
}

func endingOf(t testing.TB, err error) ending {
	t.Helper()
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		t.Fatalf("no application error: %v", err)
	}
	return ending{kind: application.Type(), again: !application.NonRetryable(), delay: application.NextRetryDelay()}
}

func failedAs(class activities.FailureClass) ending { return ending{kind: string(class)} }

func waits(delay time.Duration) ending {
	return ending{kind: activities.TypeWaiting, again: true, delay: delay}
}

// endings says how each class of refusal ends an activityCase at its first try.
func (e activityCase) endings() map[codes.Class]ending {
	asked := waits(7 * time.Second)  // two minutes by the schedule, but nothing was learned
	unseen := waits(2 * time.Minute) // what Alipay does not know yet is asked about by the schedule
	if e.watches {
		later := waits(2 * time.Minute)
		return map[codes.Class]ending{
			codes.ClassUnknown: asked, codes.ClassRetry: asked, codes.ClassWait: asked, codes.ClassQuery: unseen,
			codes.ClassFix: later, codes.ClassPermanent: later, codes.ClassAuthorization: later,
		}
	}
	if e.polls {
		return map[codes.Class]ending{
			codes.ClassUnknown: asked, codes.ClassRetry: asked, codes.ClassWait: asked, codes.ClassQuery: unseen,
			codes.ClassFix: failedAs(activities.FailureFix), codes.ClassPermanent: failedAs(activities.FailurePermanent),
			codes.ClassAuthorization: failedAs(activities.FailureAuthorization),
		}
	}
	all := map[codes.Class]ending{
		codes.ClassUnknown: failedAs(activities.FailureUnknown), codes.ClassRetry: failedAs(activities.FailureUnknown),
		codes.ClassWait:  failedAs(activities.FailureWait),
		codes.ClassQuery: failedAs(activities.FailurePermanent), codes.ClassFix: failedAs(activities.FailureFix),
		codes.ClassAuthorization: failedAs(activities.FailureAuthorization), codes.ClassPermanent: failedAs(activities.FailurePermanent),
	}
	if e.doubts == doubtsTraceless {
		all[codes.ClassQuery] = failedAs(activities.FailureUnknown)
	}
	return all
}

// TestEveryRefusalOfEveryCase: each class of refusal asks the same of every activity.
func TestEveryRefusalOfEveryCase(t *testing.T) {
	for _, class := range codes.Classes() {
		eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
			b.fakeAlipay.plan(e.method, plan{err: refused(class, "SOME_CODE", "some_field", "app_logo")})
			_, err := b.try(name, e.input)
			if got, want := endingOf(t, err), e.endings()[class]; got != want {
				t.Fatalf("%s ended with %+v, want %+v: %v", class, got, want, err)
			}
			if !retryable(err) {
				checkFailure(t, e, class, activities.FailureOf(err))
			}
			if e.effect != "" && b.fakeAlipay.effect(e.effect) != 0 {
				t.Errorf("%s: effects %v", class, b.fakeAlipay.effects)
			}
		})
	}
}

// checkFailure checks what a workflow learns of a refusal.
func checkFailure(t *testing.T, e activityCase, class codes.Class, failure *activities.Failure) {
	t.Helper()
	if failure.Code != "SOME_CODE" || failure.Message.String() != "原因 (do this)" {
		t.Errorf("failure %+v", failure)
	}
	doubt := class == codes.ClassQuery
	if failure.Ask != doubt || failure.Traceless != (doubt && e.doubts == doubtsTraceless) || failure.Absent || failure.Taken || failure.Slow {
		t.Errorf("%s: failure %+v", class, failure)
	}
	want := []string{e.prefix + ".some_field", e.prefix + ".app_logo"}
	switch e.prefix {
	case "":
		want = []string{"some_field", "app_logo"}
	case "submission":
		want[1] = "submission.files.app_logo"
	}
	if !slices.Equal(failure.Fields, want) {
		t.Errorf("fields %v, want %v", failure.Fields, want)
	}
}

// TestTheLimitOnCallsIsRespected: 40005 asks for a long pause: a question makes it
// itself, an act tells its order.
func TestTheLimitOnCallsIsRespected(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		limited := refused(codes.ClassRetry, "isv.call-limited")
		limited.Slow = true
		b.fakeAlipay.plan(e.method, plan{err: limited})
		_, err := b.try(name, e.input)
		if e.polls {
			if got := endingOf(t, err); !got.again || got.delay < 30*time.Second {
				t.Errorf("ended with %+v", got)
			}
			return
		}
		if failure := activities.FailureOf(err); !unknown(err) || !failure.Slow {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	})
}

// TestOrdersDoNotComeBackTogether: the limit is one for all orders of an app, and
// those that met it at the same moment are spread over the time that follows.
func TestOrdersDoNotComeBackTogether(t *testing.T) {
	for tried, least := range map[int]time.Duration{1: 30 * time.Second, 2: time.Minute, 3: 2 * time.Minute, 4: 150 * time.Second, 90: 150 * time.Second} {
		const orders = 200
		quarters := map[time.Duration]int{}
		for i := range orders {
			delay := activities.BusyPause("order/2021/"+strconv.Itoa(i), tried)
			if delay < least || delay >= 2*least {
				t.Fatalf("try %d of order %d waits %s, want %s to twice that", tried, i, delay, least)
			}
			quarters[(delay-least)*4/least]++
		}
		for quarter, found := range quarters {
			if found > orders/2 {
				t.Errorf("try %d: %d of %d orders wait for quarter %d", tried, found, orders, quarter)
			}
		}
	}
}

// TestADoubtThatLeavesNoTrace says so, so that its order makes the call again, and
// tells trouble that passes from a contradiction.
func TestADoubtThatLeavesNoTrace(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if e.doubts != doubtsTraceless {
			return
		}
		b.fakeAlipay.plan(e.method, plan{err: refused(codes.ClassQuery, "SYSTEM_ERROR")})
		_, err := b.try(name, e.input)
		if failure := activities.FailureOf(err); !unknown(err) || !failure.Traceless || failure.Code != "SYSTEM_ERROR" {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	})
}

// TestAnAnswerThatIsLostStaysUnknown although the question shows nothing of the write
// a moment later: Alipay may still be at it.
func TestAnAnswerThatIsLostStaysUnknown(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if e.polls {
			return
		}
		b.fakeAlipay.plan(e.method, plan{err: refused(codes.ClassUnknown, "")})
		_, err := b.try(name, e.input)
		if failure := activities.FailureOf(err); !unknown(err) || failure.Traceless {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	})
}

// TestATokenThatWasReplaced: the token in memory is refused, the fresh one works; the activityCase goes on within the same try.
func TestATokenThatWasReplaced(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if e.byItself {
			return
		}
		b.fakeAlipay.token, b.purse.current = "T2", "T2"
		result, err := b.try(name, e.input)
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, e.want)
		if e.effect != "" && b.fakeAlipay.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.fakeAlipay.effects)
		}
	})
}

// TestATokenThatIsRefused is named by its fingerprint, and by nothing that could be
// used: whoever looks into it has to tell it from one that came since.
func TestATokenThatIsRefused(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if e.byItself {
			return
		}
		b.fakeAlipay.token = "another"
		_, err := b.try(name, e.input)
		failure := activities.FailureOf(err)
		if retryable(err) || failure.Class != activities.FailureAuthorization || failure.Fingerprint != live(b.purse.current).Fingerprint {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	})
}

// TestWhatNeedsNoPerson: the corrections that Alipay's codes ask for, as a workflow sees them.
func TestWhatNeedsNoPerson(t *testing.T) {
	tests := map[codes.AutoFix]activities.Failure{
		codes.AutoFixNone:              {},
		codes.AutoFixDropFields:        {Drops: []string{"app_slogan", "app_desc"}},
		codes.AutoFixHigherVersion:     {HigherVersion: true},
		codes.AutoFixNewVersion:        {HigherVersion: true},
		codes.AutoFixDeleteOldVersions: {},
	}
	for _, fix := range codes.AutoFixes() {
		want, ok := tests[fix]
		if !ok {
			t.Errorf("nothing is expected of %q", fix)
		}
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionInit)
		answer := refused(codes.ClassFix, "CODE", "app_slogan", "app_desc")
		answer.AutoFix = fix
		b.fakeAlipay.plan("apply", plan{err: answer})
		_, err := b.try(activities.SubmitAudit.Name, activityCases()[activities.SubmitAudit.Name].input)
		got := activities.FailureOf(err)
		if got.Class != activities.FailureFix || !slices.Equal(got.Drops, want.Drops) || got.HigherVersion != want.HigherVersion {
			t.Errorf("%s: %+v", fix, got)
		}
	}
}

// TestARefusalThatEndsWithCertification is told apart, whatever its class.
func TestARefusalThatEndsWithCertification(t *testing.T) {
	for code, want := range map[string]bool{
		"NOT_ALLOW_BETA_CATEGORY": true, "TINY_APP_AUDIT_NOT_PERMIT": true, "MINI_APP_RESTRICTED_AUDIT_CONTROL": true, "INVALID_CATEGORY": false,
	} {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionInit)
		b.fakeAlipay.plan("apply", plan{err: refused(codes.ClassPermanent, code)})
		_, err := b.try(activities.SubmitAudit.Name, activityCases()[activities.SubmitAudit.Name].input)
		if got := activities.FailureOf(err); got.NeedsCertification != want {
			t.Errorf("%s: %+v", code, got)
		}
	}
}

// TestAFailureIsAlwaysSaid: an error of ours, and one without a code, still say what to do.
func TestAFailureIsAlwaysSaid(t *testing.T) {
	plain := activities.FailureOf(errors.New("the disk is full"))
	if plain.Class != activities.FailurePermanent || plain.Code != "INTERNAL" || plain.Message.String() != "the disk is full" {
		t.Errorf("a plain error became %+v", plain)
	}
	typed := activities.FailureOf(temporal.NewNonRetryableApplicationError("it was written by another version", "Strange", nil))
	if typed.Class != activities.FailurePermanent || typed.Code != "Strange" {
		t.Errorf("an error of an unknown type became %+v", typed)
	}
	foreign := activities.FailureOf(temporal.NewNonRetryableApplicationError("it tells something else", "Foreign", nil, activities.Failure{Code: "X"}))
	if foreign.Class != activities.FailurePermanent || foreign.Code != "Foreign" {
		t.Errorf("an error with details of another kind became %+v", foreign)
	}
	b := newBench(t)
	wordless := &gateway.Error{Method: "alipay.test", Code: "40006", Meaning: codes.Meaning{Class: codes.ClassPermanent, Advice: "sign the product"}}
	b.fakeAlipay.plan("create", plan{err: wordless})
	_, err := b.try(activities.CreateMiniProgram.Name, activityCases()[activities.CreateMiniProgram.Name].input)
	got := activities.FailureOf(err)
	if got.Code != "40006" || !strings.Contains(got.Message.String(), "sign the product") || got.Error() != "40006: "+got.Message.String() {
		t.Errorf("a refusal without words became %+v", got)
	}
	if len(activities.FailureClasses()) != 7 || slices.Contains(activities.FailureClasses(), "") {
		t.Errorf("classes %v", activities.FailureClasses())
	}
}

// TestTemporalTriesNoActAgain, whatever an error that comes from elsewhere says about
// itself: one that is said stays what it is, any other is unknown.
func TestTemporalTriesNoActAgain(t *testing.T) {
	lost := temporal.NewNonRetryableApplicationError("UNSEAL_FAILED: the key is gone", string(activities.FailurePermanent), nil,
		activities.Failure{Class: activities.FailurePermanent, Code: "UNSEAL_FAILED"})
	for code, from := range map[string]error{
		"UNSEAL_FAILED":         fmt.Errorf("ask for the token: %w", lost),
		activities.CodeNoAnswer: temporal.NewApplicationError("somebody asks for another try", "Strange"),
	} {
		eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
			if e.polls || e.byItself {
				return
			}
			b.purse.err = from
			_, err := b.try(name, e.input)
			if got := activities.FailureOf(err); retryable(err) || got.Code != code || (code == activities.CodeNoAnswer) != unknown(err) {
				t.Errorf("ended with %v: %+v", err, got)
			}
		})
	}
}

// TestCorrections: later layers win over earlier ones, and dropped fields are not sent.
func TestCorrections(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.version(gateway.VersionInit)
	b.files["https://files.example/new"] = "PNG"
	_, err := b.try(activities.SubmitAudit.Name, activities.SubmitCall{
		Question: question(), Drop: []string{"app_slogan", "out_door_pic"},
		Fields: []order.Sealed{
			`{"fields":{"version_desc":"old","app_slogan":"s","permit_registration_limit_release":"true"},"files":{"app_logo":{"url":"https://files.example/old"},"out_door_pic":{"url":"https://files.example/gone"}}}`,
			`{"fields":{"version_desc":"new"},"files":{"app_logo":{"url":"https://files.example/new"}}}`,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	fields, _ := b.fakeAlipay.sent["apply"].(map[string]string)
	files, _ := b.fakeAlipay.sent["files"].([]rules.File)
	if len(fields) != 1 || fields["version_desc"] != "new" || len(files) != 1 || files[0].Field != "app_logo" || string(files[0].Content) != "PNG" {
		t.Errorf("sent %v and %v", fields, files)
	}
}
