package servetest

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/storage"
	wciclient "go.temporal.io/auto-scaled-workers/wci/client"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	appID     = "2021000000000017"
	namespace = "production"
)

// program is the built program, with the race detector. TestMain sets it before any test runs.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "miniflow-servetest-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "miniflow")
	if err := outside.Build(context.Background(), filepath.Join("..", "..", "miniflow"), program, "-race"); err != nil {
		return failed(err)
	}
	return m.Run()
}

func failed(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// production is what an operator has before the first start: a Temporal cluster
// with an empty namespace, keys and a configuration.
type production struct {
	t   *testing.T
	dir string

	config, keys       string
	apiKey, sealingKey string
	// env is the environment of every process, strictly.
	env []string
	// callsPerSecond is the app's budget.
	callsPerSecond int
	// temporal is the address of the cluster's frontend, alipay where the simulator will serve.
	temporal string
	alipay   net.Listener

	api  outside.Caller
	logo order.FileRef
}

func newProduction(t *testing.T) *production {
	t.Helper()
	return newProductionOf(t, 50)
}

// newProductionOf is newProduction with another budget of calls.
func newProductionOf(t *testing.T, callsPerSecond int) *production {
	t.Helper()
	p := &production{
		t: t, dir: t.TempDir(), callsPerSecond: callsPerSecond, apiKey: "the-backend's-own-key-of-the-test",
		sealingKey: base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
	}
	p.config, p.keys = p.file("miniflow.yaml"), p.file("keys")
	p.detectsRaces()

	temporal, err := embedded.Start(t.Context(), embedded.Config{
		Dir: p.file("temporal"), Frontend: "127.0.0.1:0", UI: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() {
		must(t, temporal.Stop())
		// Nothing that Miniflow does needs what stubs/ leaves out of this Temporal.
		if scaled, stored := wciclient.Calls(), storage.Calls(); scaled != 0 || stored != 0 {
			t.Errorf("Temporal asked %d times about auto-scaled workers and %d times for Google's storage", scaled, stored)
		}
	})
	p.temporal = temporal.FrontendAddress()
	p.env = []string{
		"TEMPORAL_ADDRESS=" + p.temporal, "TEMPORAL_NAMESPACE=" + namespace,
		"MINIFLOW_SEALING_KEYS_FIRST_KEY=" + p.sealingKey,
		"GORACE=halt_on_error=0", // a race is reported, and turns the exit code into 66
	}

	var listening net.ListenConfig
	p.alipay, err = listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = p.alipay.Close() }) // the simulator may have closed it
	must(t, alipaysim.GenerateKeys(p.keys, appID))
	must(t, os.WriteFile(p.file("api_key.txt"), []byte(p.apiKey+"\n"), 0o600))
	must(t, os.WriteFile(p.config, []byte(p.configuration()), 0o600))
	return p
}

// detectsRaces expects the program to be built the way that makes its silence worth something.
func (p *production) detectsRaces() {
	p.t.Helper()
	info, err := buildinfo.ReadFile(program)
	must(p.t, err)
	if !slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		p.t.Fatalf("the program was built without the race detector: %v", info.Settings)
	}
}

// configuration is a file as an operator writes it: keys in files and variables,
// Alipay a simulator on this machine, which alone may be reached off the internet.
func (p *production) configuration() string {
	return fmt.Sprintf(`
listen: 127.0.0.1:0
temporal:
  retention_days: 40
apps:
  - app_id: "%[1]s"
    endpoint: http://%[2]s/gateway.do
    private_key_file: keys/%[1]s/app_private.pem
    alipay_public_keys:
      - key_file: keys/%[1]s/alipay_public.pem
api_keys:
  - name: backend
    key_file: api_key.txt
    apps: ["%[1]s"]
    scopes: [read, write]
sealing:
  keys:
    - id: first
schedules:
  build: 500ms
  scan: 500ms
  audit: 30s
  release: 500ms
limits:
  alipay_calls_per_second: %[3]d
files:
  allow: ["%[2]s"]
log:
  format: json
`, appID, p.alipay.Addr(), p.callsPerSecond)
}

func (p *production) file(name string) string { return filepath.Join(p.dir, name) }

func (p *production) within() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// run runs a command that ends by itself, and expects exit code 0.
func (p *production) run(command ...string) {
	p.t.Helper()
	process, err := outside.Start(p.t.Context(), program, append(command, "--config", p.config), p.env)
	must(p.t, err)
	must(p.t, process.Wait(p.within()))
}

// serve starts a process with some of the roles and returns once it serves. The
// process that has the API becomes the one to call.
func (p *production) serve(roles string) *outside.Process {
	p.t.Helper()
	process, err := outside.Start(p.t.Context(), program, []string{"serve", "--config", p.config, "--roles", roles}, p.env)
	must(p.t, err)
	var at outside.Caller
	must(p.t, process.Await(p.within(), often, func() error {
		at = outside.Caller{Base: "http://" + listenAddress(process.Output()), Key: p.apiKey}
		return at.Call(p.t.Context(), "GET", "/readyz", nil, nil)
	}))
	if strings.Contains(roles, "api") {
		p.api = at
	}
	return process
}

// listenAddress finds the address that serve logs when it begins.
func listenAddress(output []byte) string {
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		var line struct{ Msg, Listen string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			return line.Listen
		}
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
