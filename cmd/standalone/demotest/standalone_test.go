package demotest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	appID = "2021000000000000"
	// speed lets the demonstration end within seconds.
	speed = "600"
	// patience bounds every wait; a machine may be busy.
	patience = 2 * time.Minute
	often    = 100 * time.Millisecond
)

// demonstrations are the standalone's orders and the stages at which they end.
var demonstrations = map[string]order.Stage{
	"demo-online": order.StageOnline, "demo-rejected-online": order.StageOnline, "demo-base-passed": order.StageOnline,
	"demo-revoked-online": order.StageOnline, "demo-trial": order.StageOnline,
	"demo-merchant-rejected": order.StageMerchantRejected, "demo-timed-out": order.StageConfirmTimedOut,
}

// running is the standalone of all tests.
var running *standalone

type standalone struct {
	process *outside.Process
	// addresses is the file that the standalone writes for programs that start it.
	addresses struct{ API, UI, Simulator, Temporal string }
	api, sim  outside.Caller
	logo      order.FileRef
}

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "miniflow-demotest-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if running, err = startStandalone(ctx, dir); err != nil {
		return failed(err)
	}
	code := m.Run()
	ending, cancelEnding := context.WithTimeout(ctx, patience)
	defer cancelEnding()
	if err := running.process.Terminate(ending); err != nil {
		return failed(err)
	}
	return code
}

func failed(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// startStandalone builds the standalone and returns once it accepts work.
func startStandalone(ctx context.Context, dir string) (*standalone, error) {
	program := filepath.Join(dir, "standalone")
	if err := outside.Build(ctx, "..", program); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not within %s", patience))
	defer cancel()
	s := &standalone{}
	data := filepath.Join(dir, "data")
	var err error
	// The process outlives this start; its context is the caller's.
	s.process, err = outside.Start(context.WithoutCancel(ctx), program, []string{
		"--data-dir", data, "--speed", speed, "--well-behaved", // histories are recorded here
		"--listen", "127.0.0.1:0", "--temporal", "127.0.0.1:0", "--ui", "127.0.0.1:0", "--simulator", "127.0.0.1:0",
	}, nil)
	if err != nil {
		return nil, err
	}
	if err := s.process.Await(ctx, often, func() error {
		text, err := os.ReadFile(filepath.Join(data, "addresses.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &s.addresses)
	}); err != nil {
		return nil, err
	}
	s.api, s.sim = outside.Caller{Base: s.addresses.API}, outside.Caller{Base: s.addresses.Simulator}
	s.logo, err = s.sim.File(ctx, "/sim/v1/files/logo.png")
	return s, err
}

// everyAddress lists where the standalone listens, as host:port.
func (s *standalone) everyAddress() []string {
	all := []string{s.addresses.Temporal}
	for _, base := range []string{s.addresses.API, s.addresses.UI, s.addresses.Simulator} {
		all = append(all, strings.TrimPrefix(base, "http://"))
	}
	return all
}

// within is a context for one wait.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
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

// await waits until an order is as it should be.
func (s *standalone) await(t *testing.T, outOrderNo string, reached func(order.View) bool) order.View {
	t.Helper()
	var view order.View
	must(t, s.process.Await(within(t), often, func() (err error) {
		view, err = s.api.Order(t.Context(), appID, outOrderNo)
		if err == nil && !reached(view) {
			err = fmt.Errorf("%s is at %s, on hold %v", outOrderNo, view.Stage, view.Hold)
		}
		return err
	}))
	return view
}

// at is reached when an order is at a stage.
func at(stage order.Stage) func(order.View) bool {
	return func(view order.View) bool { return view.Stage == stage }
}

// start starts an order whose fate is the rule.
func (s *standalone) start(t *testing.T, outOrderNo string, rule alipaysim.Rule) {
	t.Helper()
	s.rules(t, outOrderNo, rule)
	must(t, s.api.Call(t.Context(), http.MethodPost, "/v1/orders", outside.Sample(appID, outOrderNo, s.logo), nil))
}

// rules adds an order's fate to those that the simulator knows.
func (s *standalone) rules(t *testing.T, outOrderNo string, rule alipaysim.Rule) {
	t.Helper()
	var rules alipaysim.Rules
	must(t, s.sim.Call(t.Context(), http.MethodGet, "/sim/v1/rules", nil, &rules))
	rule.OutOrderNo = outOrderNo
	rules.Rules = slices.Insert(rules.Rules, 0, rule)
	must(t, s.sim.Call(t.Context(), http.MethodPut, "/sim/v1/rules", rules, nil))
}

// push makes Alipay push a message.
func (s *standalone) push(t *testing.T, notifyID, name string, content any) {
	t.Helper()
	must(t, s.sim.Call(t.Context(), http.MethodPost, "/sim/v1/messages", map[string]any{
		"app_id": appID, "notify_id": notifyID, "msg_method": name, "biz_content": content,
	}, nil))
}
