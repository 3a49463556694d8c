package activities_test

import (
	"errors"
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// Where another system acts, no act does anything: no call to Alipay, not even a question, and no
// number is recorded. Questions are asked as ever.
func TestNoActWhereAnotherSystemActs(t *testing.T) {
	acts := 0
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		quiet := b.activities()
		quiet.Acts = func(app, merchant string) bool { return app != appID || merchant == "shop-7" }
		b.testEnv = newTestEnv(t, quiet.Register)
		_, err := b.try(name, e.input)
		if activities.MethodOf(name, "") == name { // a question has no method of its own
			if err != nil {
				t.Errorf("%s: %v, want asked", name, err)
			}
			return
		}
		acts++
		if failure := activities.FailureOf(err); failure.Class != activities.FailureObserving || failure.Code != activities.CodeObserving {
			t.Errorf("%s: %+v, want observing", name, failure)
		}
		if len(b.fakeAlipay.calls) != 0 || len(b.ledger.kept) != 0 {
			t.Errorf("%s: calls %v, numbers %v, want none", name, b.fakeAlipay.calls, b.ledger.kept)
		}
	})
	if acts != 11 {
		t.Errorf("%d acts", acts)
	}
}

// An app that is observed acts for the merchants whom its configuration names, and the gateway
// client is told whose order it is.
func TestAnActForAMerchantWhoIsActive(t *testing.T) {
	b := newBench(t)
	one := b.activities()
	one.Acts = func(_, merchant string) bool { return merchant == "shop-7" }
	b.testEnv = newTestEnv(t, one.Register)
	b.fakeAlipay.version(gateway.VersionAuditing)
	q := question()
	q.MerchantRef = "shop-7"
	if _, err := b.try(activities.CancelAudit.Name, q); err != nil || b.fakeAlipay.effect("cancel") != 1 {
		t.Errorf("error %v, effects %v", err, b.fakeAlipay.effects)
	}
}

// What the gateway client refuses because the app is observed is no failure of the call.
func TestTheClientsRefusalIsObserving(t *testing.T) {
	b := newBench(t)
	refused := &gateway.Error{Method: "alipay.test", Meaning: codes.Meaning{Class: codes.ClassPermanent, Advice: "set apps[].mode"}}
	b.fakeAlipay.plan("create", plan{err: errors.Join(refused, gateway.ErrObserving)})
	_, err := b.try(activities.CreateMiniProgram.Name, activityCases()[activities.CreateMiniProgram.Name].input)
	if failure := activities.FailureOf(err); failure.Class != activities.FailureObserving {
		t.Errorf("%+v, want observing", failure)
	}
}
