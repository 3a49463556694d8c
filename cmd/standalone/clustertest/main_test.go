package clustertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	appID = cluster.AppID
	// speed lets an order end within seconds.
	speed = 600
	// patience bounds every wait; a machine may be busy.
	patience = 2 * time.Minute
	often    = 100 * time.Millisecond
	minute   = alipaysim.Duration(time.Minute)
)

// running is the cluster of all tests.
var running *system

// system is the cluster and how it is called.
type system struct {
	*cluster.Cluster
	api      outside.Caller
	alipay   atalipay.Side
	temporal client.Client
	logo     order.FileRef
}

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "miniflow-clustertest-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	begun := time.Now()
	started, err := cluster.Start(context.Background(), cluster.Options{
		Dir: dir, Workers: 2, Speed: speed,
		// Results of audits come over the long connection, the merchants' answers over HTTP.
		WebSocket: []string{"alipay.open.mini.version.*"},
		// Until queues note how far they are, nothing that has closed is deleted; 30 s unless told otherwise.
		Dynamic: map[string]any{"history.transferProcessorUpdateAckInterval": "5s", "history.visibilityProcessorUpdateAckInterval": "5s"},
		Progress: func(step string) {
			_, _ = fmt.Fprintf(os.Stderr, "%5.1fs %s\n", time.Since(begun).Seconds(), step)
		},
	})
	if err != nil {
		return failed(err)
	}
	running = &system{Cluster: started, api: outside.Caller{Base: started.API(), Key: started.APIKey()}, alipay: atalipay.Side{Caller: outside.Caller{Base: started.Simulator()}}}
	if err := running.open(context.Background()); err != nil {
		return failed(errors.Join(err, started.Kill()))
	}
	code := m.Run()
	running.temporal.Close()
	if code != 0 {
		for _, name := range started.Names() {
			_, _ = fmt.Fprintln(os.Stderr, started.Tail(name))
		}
	}
	if err := started.Stop(); err != nil {
		return failed(err)
	}
	return code
}

func failed(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

func (s *system) open(ctx context.Context) (err error) {
	if s.temporal, err = client.DialContext(ctx, s.ClientOptions()); err != nil {
		return err
	}
	// Setup has returned, so a list can ask for every attribute now and not some seconds later.
	if err := s.api.Call(ctx, http.MethodGet, "/v1/orders?stage=online&mini_app_id=1&attention=true", nil, nil); err != nil {
		return err
	}
	s.logo, err = s.alipay.File(ctx, "/sim/v1/files/logo.png")
	return err
}

// within is a context for one wait.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("not within %s", patience))
	t.Cleanup(cancel)
	return ctx
}

// must ends a test whose step failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// intact fails a test in which a process has ended by itself.
func (s *system) intact(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.Failed():
		t.Error(err)
	default:
	}
}

// await waits until an order is as it should be. An API that answers an error is asked again, as an
// ISV's backend would.
func (s *system) await(t *testing.T, outOrderNo string, reached func(order.View) bool) (view order.View) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() (err error) {
		view, err = s.api.Order(t.Context(), appID, outOrderNo)
		if err == nil && !reached(view) {
			err = fmt.Errorf("%s is at %s, on hold %+v", outOrderNo, view.Stage, view.Hold)
		}
		return err
	}))
	return view
}

// at is reached when an order is at a stage.
func at(stage order.Stage) func(order.View) bool {
	return func(view order.View) bool { return view.Stage == stage }
}

// place starts an order and repeats the call until it is answered: a number starts one order.
func (s *system) place(t *testing.T, body map[string]any) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		err := s.api.Call(t.Context(), http.MethodPost, "/v1/orders", body, nil)
		var refused *outside.StatusError
		if errors.As(err, &refused) && refused.Status < http.StatusInternalServerError {
			return outside.Final(err)
		}
		return err
	}))
}

// formal is the body of an order.
func (s *system) formal(no string) map[string]any { return outside.Sample(appID, no, s.logo) }

// command sends a person's command.
func (s *system) command(t *testing.T, no string, command order.Command, body map[string]any) error {
	t.Helper()
	return s.api.Call(t.Context(), http.MethodPost, outside.OrderPath(appID, no)+"/"+string(command), body, nil)
}
