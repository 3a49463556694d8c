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
)

// TestEveryActivityHasItsErrand : whoever registers an activity says here what it
// does when all is well, when an answer is lost and when its worker dies.
func TestEveryActivityHasItsErrand(t *testing.T) {
	registered := names{}
	(&activities.Alipay{}).Register(registered)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(registered)), slices.Sorted(maps.Keys(errands()))); diff != "" {
		t.Errorf("activities that call Alipay (-registered +tested):\n%s", diff)
	}
	registered = names{}
	(&activities.Inside{}).Register(registered)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(registered)), slices.Sorted(maps.Keys(insideErrands()))); diff != "" {
		t.Errorf("activities that speak to Temporal (-registered +tested):\n%s", diff)
	}
}

// names collects what is registered.
type names map[string]bool

func (n names) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	n[options.Name] = true
}

func TestErrandSucceeds(t *testing.T) {
	eachErrand(t, func(t *testing.T, name string, e errand, b *bench) {
		result, err := b.try(name, e.input)
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, e.want)
		if e.effect != "" && b.office.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.office.effects)
		}
	})
}

// TestErrandWhoseAnswerIsLost : Alipay did it and nobody heard. An act ends with that
// and is called again by its order; a question is asked again by Temporal. Either
// settles it and does nothing twice.
func TestErrandWhoseAnswerIsLost(t *testing.T) {
	eachErrand(t, func(t *testing.T, name string, e errand, b *bench) {
		b.office.plan(e.method, plan{err: refused(codes.ClassUnknown, ""), after: true})
		result, tries, err := b.settle(name, e.input, e.again...)
		if err != nil || tries != 2 {
			t.Fatalf("settled after %d tries: %v", tries, err)
		}
		sameJSON(t, result, e.want)
		if e.effect != "" && b.office.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.office.effects)
		}
	})
}

// TestErrandWhoseWorkerIsLost : the first try hangs in its call, after its effect,
// for ever; another worker makes the second.
func TestErrandWhoseWorkerIsLost(t *testing.T) {
	eachErrand(t, func(t *testing.T, name string, e errand, b *bench) {
		hanging := plan{reached: make(chan struct{}), release: make(chan struct{})}
		b.office.plan(e.method, hanging)
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
		if e.effect != "" && b.office.effect(e.effect) != 1 {
			t.Errorf("effects: %v", b.office.effects)
		}
		close(hanging.release)
		<-lost
	})
}

// TestErrandOfAnAppThatIsNotHere is tried again until a worker comes that knows the
// app: a question by Temporal, an act by its order.
func TestErrandOfAnAppThatIsNotHere(t *testing.T) {
	for name, e := range errands() {
		calls := &activities.Alipay{Gateways: map[string]activities.Gateway{}, Tokens: &purse{kept: "T1", current: "T1"}, Ring: clearRing{}}
		calls.Now = time.Now
		_, err := newDesk(t, calls.Register).try(name, e.input)
		if e.polls != retryable(err) || e.polls == unknown(err) {
			t.Errorf("%s ended with %v", name, err)
		}
	}
}

// TestErrandWithoutAToken fails for want of an authorisation, and calls nothing.
func TestErrandWithoutAToken(t *testing.T) {
	eachErrand(t, func(t *testing.T, name string, e errand, b *bench) {
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
		if len(b.office.calls) != 0 {
			t.Errorf("calls: %v", b.office.calls)
		}
		b.purse.err = context.DeadlineExceeded
		if _, err := b.try(name, e.input); e.polls != retryable(err) || e.polls == unknown(err) {
			t.Errorf("a mini program that does not answer ended it with %v", err)
		}
	})
}
