package consoletest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	appID = "2021000000000000"
	// speed lets what takes Alipay minutes take parts of a second.
	speed = "600"
	// patience bounds every wait; a machine may be busy.
	patience = 6 * time.Minute
	often    = 100 * time.Millisecond
)

// running is the standalone of all tests, and chromium their browser.
var (
	running  *standalone
	chromium context.Context
)

type standalone struct {
	process   *outside.Process
	addresses struct{ API, UI, Simulator, Temporal string }
	api, sim  outside.Caller
	logo      order.FileRef
	password  string
	// scripts guards the simulator's rules and faults, which tests add to.
	scripts sync.Mutex
}

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "miniflow-consoletest-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	told := backend()
	defer told.Close()
	if running, err = startStandalone(ctx, dir, told.URL); err != nil {
		return failed(err)
	}
	var stop func()
	if chromium, stop, err = startChromium(ctx, filepath.Join(dir, "chromium")); err != nil {
		return failed(err)
	}
	code := m.Run()
	stop()
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
func startStandalone(ctx context.Context, dir, backend string) (*standalone, error) {
	program, data := filepath.Join(dir, "standalone"), filepath.Join(dir, "data")
	if err := outside.Build(ctx, "..", program); err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not within %s", patience))
	defer cancel()
	s := &standalone{}
	var err error
	if s.process, err = outside.Start(ctx, program, []string{
		"--data-dir", data, "--speed", speed, "--well-behaved", "--webhook-url", backend,
		"--listen", "127.0.0.1:0", "--temporal", "127.0.0.1:0", "--ui", "127.0.0.1:0", "--simulator", "127.0.0.1:0",
	}, nil); err != nil {
		return nil, err
	}
	if err := s.process.Await(starting, often, func() error {
		text, err := os.ReadFile(filepath.Join(data, "addresses.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &s.addresses)
	}); err != nil {
		return nil, err
	}
	password, err := os.ReadFile(filepath.Join(data, "console-password.txt"))
	if err != nil {
		return nil, err
	}
	s.password = strings.TrimSpace(string(password))
	s.api, s.sim = outside.Caller{Base: s.addresses.API}, outside.Caller{Base: s.addresses.Simulator}
	s.logo, err = s.sim.File(starting, "/sim/v1/files/logo.png")
	return s, err
}

// startChromium starts the browser. It finds no host but this machine: what a page asks for
// elsewhere does not exist. localhost is another site than 127.0.0.1, which is why it is let in.
func startChromium(ctx context.Context, dir string) (context.Context, func(), error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(dir),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	)
	allocator, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	browser, cancel := chromedp.NewContext(allocator)
	stop := func() {
		_ = chromedp.Cancel(browser) // waits until Chromium has ended, before its directory goes
		cancel()
		cancelAllocator()
	}
	return browser, stop, chromedp.Do(browser)
}

// must ends a test whose step failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within is a context for one wait.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
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

// needsInput is reached when an order is held for something to be handed in.
func needsInput(view order.View) bool {
	return view.Hold != nil && view.Hold.Kind == order.HoldNeedsInput
}

// start starts an order of a shop whose fate is the rule.
func (s *standalone) start(t *testing.T, outOrderNo, shop string, rule alipaysim.Rule) {
	t.Helper()
	s.rules(t, outOrderNo, rule)
	sample := outside.Sample(appID, outOrderNo, s.logo)
	sample["shop_name"], sample["merchant_ref"] = shop, "M-"+outOrderNo
	must(t, s.api.Call(t.Context(), http.MethodPost, "/v1/orders", sample, nil))
}

// rules adds an order's fate to those that the simulator knows.
func (s *standalone) rules(t *testing.T, outOrderNo string, rule alipaysim.Rule) {
	t.Helper()
	s.scripts.Lock()
	defer s.scripts.Unlock()
	var rules alipaysim.Rules
	must(t, s.sim.Call(t.Context(), http.MethodGet, "/sim/v1/rules", nil, &rules))
	rule.OutOrderNo = outOrderNo
	rules.Rules = slices.Insert(rules.Rules, 0, rule)
	must(t, s.sim.Call(t.Context(), http.MethodPut, "/sim/v1/rules", rules, nil))
}

// refuseLogo makes Alipay refuse an order's logo, once.
func (s *standalone) refuseLogo(t *testing.T, outOrderNo, said string) {
	t.Helper()
	s.fault(t, alipaysim.Fault{
		Method: alipay.MethodAuditApply, OutOrderNo: outOrderNo, Kind: alipaysim.FaultError, Times: 1,
		Code: "40004", SubCode: "LOGO_IS_BLANK", SubMsg: said,
	})
}

func (s *standalone) fault(t *testing.T, fault alipaysim.Fault) {
	t.Helper()
	s.scripts.Lock()
	defer s.scripts.Unlock()
	var faults alipaysim.Faults
	must(t, s.sim.Call(t.Context(), http.MethodGet, "/sim/v1/faults", nil, &faults))
	faults.Faults = append(faults.Faults, fault)
	must(t, s.sim.Call(t.Context(), http.MethodPut, "/sim/v1/faults", faults, nil))
}

// push makes Alipay push a message.
func (s *standalone) push(t *testing.T, notifyID, name string, content any) {
	t.Helper()
	must(t, s.sim.Call(t.Context(), http.MethodPost, "/sim/v1/messages", map[string]any{
		"app_id": appID, "notify_id": notifyID, "msg_method": name, "biz_content": content,
	}, nil))
}
