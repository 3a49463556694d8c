package activities_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"

	"miniflow/activities"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestEveryActivityHasItsCase: whoever registers an activity says here what it
// does when all is well, when an answer is lost and when its worker dies.
func TestEveryActivityHasItsCase(t *testing.T) {
	registered := names{}
	(&activities.Alipay{}).Register(registered)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(registered)), slices.Sorted(maps.Keys(activityCases()))); diff != "" {
		t.Errorf("activities that call Alipay (-registered +tested):\n%s", diff)
	}
	registered = names{}
	(&activities.Inside{}).Register(registered)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(registered)), slices.Sorted(maps.Keys(insideCases()))); diff != "" {
		t.Errorf("activities that speak to Temporal (-registered +tested):\n%s", diff)
	}
}

// names collects what is registered.
type names map[string]bool

func (n names) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	n[options.Name] = true
}

func TestEveryCaseSucceeds(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
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

// TestEveryCaseWhoseAnswerIsLost: Alipay did it and nobody heard. An act ends with that
// and is called again by its order; a question is asked again by Temporal. Either
// resolves it and does nothing twice.
func TestEveryCaseWhoseAnswerIsLost(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		b.fakeAlipay.plan(e.method, plan{err: refused(codes.ClassUnknown, ""), after: true})
		result, tries, err := b.resolve(name, e.input, e.again...)
		if err != nil || tries != 2 {
			t.Fatalf("resolved after %d tries: %v", tries, err)
		}
		sameJSON(t, result, e.want)
		if e.effect != "" && b.fakeAlipay.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.fakeAlipay.effects)
		}
	})
}

// TestEveryCaseWhoseWorkerIsLost: the first try hangs in its call, after its effect,
// for ever; another worker makes the second.
func TestEveryCaseWhoseWorkerIsLost(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		hanging := plan{reached: make(chan struct{}), release: make(chan struct{})}
		b.fakeAlipay.plan(e.method, hanging)
		lost := make(chan struct{})
		go func() {
			defer close(lost)
			_, _ = b.try(name, e.input)
		}()
		select {
		case <-hanging.reached:
		case <-lost:
			t.Fatal("it ended without the call")
		}
		second := b.another(t)
		second.attempt = 2
		result, err := second.try(name, e.input)
		if err != nil {
			t.Error(err)
		}
		sameJSON(t, result, e.want)
		if e.effect != "" && b.fakeAlipay.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.fakeAlipay.effects)
		}
		close(hanging.release)
		<-lost
	})
}

// TestAnAppThatIsNotHere is tried again until a worker comes that knows the
// app: a question by Temporal, an act by its order.
func TestAnAppThatIsNotHere(t *testing.T) {
	for name, e := range activityCases() {
		calls := &activities.Alipay{Gateways: map[string]activities.Gateway{}, Tokens: &purse{kept: "T1", current: "T1"}, Ring: clearRing{}}
		calls.Now = time.Now
		_, err := newTestEnv(t, calls.Register).try(name, e.input)
		if e.polls != retryable(err) || e.polls == unknown(err) {
			t.Errorf("%s ended with %v", name, err)
		}
	}
}

// TestACaseWithoutAToken fails for want of an authorisation, and calls nothing.
func TestACaseWithoutAToken(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		b.purse.err = activities.ErrNoToken
		_, err := b.try(name, e.input)
		if e.byItself {
			if err != nil {
				t.Errorf("it needs no token and ended with %v", err)
			}
			return
		}
		if failure := activities.FailureOf(err); failure.Class != activities.FailureAuthorization || failure.Code != "NO_TOKEN" || retryable(err) {
			t.Errorf("ended with %v", err)
		}
		if len(b.fakeAlipay.calls) != 0 {
			t.Errorf("calls: %v", b.fakeAlipay.calls)
		}
		b.purse.err = context.DeadlineExceeded
		if _, err := b.try(name, e.input); e.polls != retryable(err) || e.polls == unknown(err) {
			t.Errorf("a mini program that does not answer ended it with %v", err)
		}
	})
}

// TestAKindSaysWhatACallDoes: what changes something at Alipay is one try and has a method
// that people know; what only asks is asked again, or once.
func TestAKindSaysWhatACallDoes(t *testing.T) {
	kinds := map[string]activities.Kind{}
	for _, one := range []func() (string, activities.Kind){
		kindOf(activities.CreateMiniProgram), kindOf(activities.CertifyTrial), kindOf(activities.AwaitMerchant), kindOf(activities.AwaitCertification),
		kindOf(activities.ReserveVersion), kindOf(activities.UploadVersion), kindOf(activities.BuildVersion), kindOf(activities.AwaitBuild), kindOf(activities.AwaitScan),
		kindOf(activities.FollowVersion),
		kindOf(activities.CreateExperience), kindOf(activities.AwaitExperience),
		kindOf(activities.SubmitAudit), kindOf(activities.AwaitAuditResult), kindOf(activities.AwaitChange), kindOf(activities.AwaitRelease),
		kindOf(activities.CancelAudit), kindOf(activities.TakeBack), kindOf(activities.PutOnline), kindOf(activities.AwaitFiling), kindOf(activities.Invite),
		kindOf(activities.CheckToken), kindOf(activities.AwaitRevocation), kindOf(activities.LookAfterEnd),
	} {
		name, kind := one()
		kinds[name] = kind
	}
	for name, e := range activityCases() {
		want := activities.KindAct
		if e.polls || name == activities.CheckToken.Name {
			want = activities.KindQuestion
		}
		if kinds[name] != want {
			t.Errorf("%s is of kind %d, want %d", name, kinds[name], want)
		}
		if named := activities.MethodOf(name, order.KindFormal) != name; named != (want == activities.KindAct) {
			t.Errorf("to people %s is %q", name, activities.MethodOf(name, order.KindFormal))
		}
	}
}

func kindOf[Input, Answer any](call activities.Call[Input, Answer]) func() (string, activities.Kind) {
	return func() (string, activities.Kind) { return call.Name, call.Kind }
}
