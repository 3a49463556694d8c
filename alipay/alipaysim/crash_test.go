package alipaysim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// A process that dies behind every single commit lives the same life.
func TestKilledAfterEveryCommitGoesOnWhereItStopped(t *testing.T) {
	calm := newLife(t)
	names, effects, status := calm.whole(func() {})
	restless := newLife(t)
	gotNames, gotEffects, gotStatus := restless.whole(restless.kill)
	if restless.kills < 25 {
		t.Errorf("only %d kills", restless.kills)
	}
	if diff := cmp.Diff(names, gotNames); diff != "" {
		t.Errorf("messages taken (-calm +killed):\n%s", diff)
	}
	if status != "RELEASE" || gotStatus != status || gotEffects != effects || effects != 5 {
		t.Errorf("calm: %v with %d effects; killed: %v with %d", status, effects, gotStatus, gotEffects)
	}
	for id, deliveries := range restless.ids {
		if deliveries != 2 {
			t.Errorf("%s was delivered %d times, failed once and taken once is 2", id, deliveries)
		}
	}
	want := []string{lifecycle.MessageConfirmed, lifecycle.MessageConfirmed, lifecycle.MessageAuthorized, lifecycle.MessageRevoked, lifecycle.MessageAuthorized, lifecycle.MessageRejected, lifecycle.MessagePassed}
	slices.Sort(want)
	sorted := slices.Sorted(slices.Values(names))
	if diff := cmp.Diff(want, sorted); diff != "" {
		t.Errorf("messages of this life (-want +got):\n%s", diff)
	}
}

// afterAnswer is a transport that does something behind every answer.
type afterAnswer func()

func (f afterAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	defer f()
	return http.DefaultTransport.RoundTrip(r)
}

// A delivery whose answer was never stored is made again, under the same id.
func TestKilledDuringADeliverySendsItAgain(t *testing.T) {
	l := newLife(t)
	// The receiver has answered, and the process dies before the answer is stored.
	l.cfg.HTTP = &http.Client{Transport: afterAnswer(sync.OnceFunc(l.kill))}
	l.reopen()
	if err := l.sim.world.Change(func(t *world.Tx) { t.Push(world.Push{Name: "m", App: "app", Content: wire.Object{{"a", 1}}}) }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.sim.sender.SendDue(t.Context(), func(_ bool, deliver func()) { deliver() }); err != nil {
		t.Fatal(err)
	}
	if l.kills != 1 {
		t.Fatalf("%d kills", l.kills)
	}
	if _, err := l.sim.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.ids) != 1 || len(l.names) != 1 {
		t.Errorf("%v, taken %v", l.ids, l.names)
	}
}

// A stopped Run leaves the delivery that was in the air owed, not failed.
func TestStoppedRunKeepsWhatItOwes(t *testing.T) {
	l := newLife(t)
	arrived, let := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-let }))
	defer slow.Close()
	defer close(let)
	if err := l.sim.SetGatewayURL("app", slow.URL); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.sim.Run(ctx) }()
	if err := l.sim.world.Change(func(t *world.Tx) { t.Push(world.Push{Name: "m", App: "app", Content: wire.Object{}}) }); err != nil {
		t.Fatal(err)
	}
	<-arrived
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	_ = l.sim.world.Look(func(t *world.Tx) {
		var attempts []int
		for key := range t.OwedKeys(account.ChannelHTTP) {
			owed, _ := t.Owed(account.ChannelHTTP, key)
			attempts = append(attempts, owed.Attempt)
		}
		if made := t.Deliveries(); len(attempts) != 1 || attempts[0] != 1 || len(made) != 0 {
			l.t.Errorf("owed attempts %v, made %v", attempts, made)
		}
	})
}
