package docstest

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/outside"
)

const (
	appID    = "2021000000000000"
	patience = 2 * time.Minute
	often    = 50 * time.Millisecond
)

// machine is where things are that documents show at their default places.
type machine struct {
	// at leads from an address as shown to the one that is used here.
	at map[string]string
	// data is a standalone's data directory.
	data string
}

// reader follows one document, in a folder of its own.
type reader struct {
	t    *testing.T
	home string
	// document is the one that is read, by its path below the root module.
	document string
	// own marks what has to have another name for each reader.
	own     string
	machine machine
	staying map[string]*outside.Process
	// sign is the header x-sign of the message in body.json.
	sign string
}

// newReader begins with an empty folder, beside the standalone that the README has started.
func newReader(t *testing.T, document string) *reader {
	t.Helper()
	r := &reader{t: t, home: t.TempDir(), document: document, own: "en", staying: map[string]*outside.Process{}}
	if strings.Contains(document, "zh-CN") {
		r.own = "zh"
	}
	r.machine = machine{at: map[string]string{}}
	if first, there := shared[standalone]; there {
		r.machine = machine{at: maps.Clone(first.at), data: first.data}
	}
	if strings.HasPrefix(document, "docs/cli") {
		r.machine.at["127.0.0.1:8090"] = freeAddress(t) // it shows a simulator of its own
	}
	for _, own := range []string{"127.0.0.1:8070", "127.0.0.1:8081", "127.0.0.1:8091"} {
		r.machine.at[own] = freeAddress(t)
	}
	r.machine.at["127.0.0.1:3000"] = newHandler(t)
	must(t, os.MkdirAll(filepath.Join(r.home, "deploy", "secrets"), 0o700))
	return r
}

// place writes a text with this machine's addresses and this reader's names.
func (r *reader) place(text string) string {
	pairs := []string{
		"$ROOT", absolute(r.t, root), "$DATA", r.machine.data, "temporal:7233", r.machine.at["127.0.0.1:7233"],
		"https://example.com", "http://" + r.machine.at["127.0.0.1:8080"],
		"my-first", "my-first-" + r.own, "我的小店", "我的小店" + r.own, "no-7", "no-7-" + r.own, "no-8", "no-8-" + r.own,
	}
	if r.own == "zh" {
		pairs = append(pairs, "20261122002220945", "20261122002220946")
	}
	for _, shown := range slices.Sorted(maps.Keys(r.machine.at)) {
		pairs = append(pairs, shown, r.machine.at[shown])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// follow does what a document shows.
func (r *reader) follow(command shown, by *row) {
	r.t.Helper()
	text := command.text
	switch {
	case command.named: // a sentence that names a command promises that there is one
		r.run(command, text+" --help", row{says: `Usage: miniflow`})
		return
	case by.instead == "" && by.why != "":
		return
	case by.instead != "":
		text = by.instead + text[len(by.starts):]
	}
	if by.before != nil {
		by.before(r)
	}
	text += by.add
	switch {
	case by.shared:
		r.share(command, text, *by)
	case by.stays != "":
		r.stay(command, text, *by)
	default:
		r.run(command, text, *by)
	}
}

// run runs a command that ends by itself.
func (r *reader) run(command shown, text string, by row) {
	r.t.Helper()
	process := r.start(text)
	ended := process.Wait(within(r.t))
	code := process.ExitCode()
	if code != by.exit {
		r.t.Errorf("%s\nexit code %d, want %d (%v)\n%s", command, code, by.exit, ended, process.Output())
	}
	if by.says != "" && !regexp.MustCompile(r.place(by.says)).Match(process.Output()) {
		r.t.Errorf("%s\ndoes not say %s, but\n%s", command, by.says, process.Output())
	}
}

// stay starts a command that runs on. What its kind has started before ends, as a person
// ends it that needs its address again.
func (r *reader) stay(command shown, text string, by row) {
	r.t.Helper()
	kind := strings.Join(strings.Fields(command.text)[:2], " ")
	r.end(kind)
	r.staying[kind] = r.running(command, text, by)
}

// share starts a command that runs for all documents, unless it runs.
func (r *reader) share(command shown, text string, by row) {
	r.t.Helper()
	if _, there := shared[command.text]; !there {
		r.machine = machine{at: maps.Clone(r.machine.at), data: filepath.Join(everything, fmt.Sprint("data-", len(shared)))}
		for _, address := range []string{"127.0.0.1:8080", "127.0.0.1:7233", "127.0.0.1:8233", "127.0.0.1:8090"} {
			r.machine.at[address] = freeAddress(r.t)
		}
		shared[command.text] = r.machine
		sharedProcesses = append(sharedProcesses, r.running(command, text, by))
	}
	r.machine = shared[command.text]
}

func (r *reader) running(command shown, text string, by row) *outside.Process {
	r.t.Helper()
	process := r.start(by.prefixed(text))
	ready := regexp.MustCompile(by.stays)
	err := process.Await(within(r.t), often, func() error {
		if !ready.Match(process.Output()) {
			return fmt.Errorf("it does not say %s yet, but\n%s", by.stays, process.Output())
		}
		return nil
	})
	if err != nil {
		r.t.Fatalf("%s\n%v", command, err)
	}
	return process
}

var assignments = regexp.MustCompile(`^([A-Z_]+=\S+ )*`)

// prefixed makes the program take the shell's place, so that it hears that it should end.
func (row) prefixed(text string) string {
	return assignments.ReplaceAllStringFunc(text, func(before string) string { return before + "exec " })
}

// start starts a command the way a shell does, in the reader's folder.
func (r *reader) start(text string) *outside.Process {
	r.t.Helper()
	env := []string{
		"PATH=" + everything + string(os.PathListSeparator) + os.Getenv("PATH"),
		"MINIFLOW_API=http://" + r.machine.at["127.0.0.1:8080"], "MINIFLOW_SIMULATOR=http://" + r.machine.at["127.0.0.1:8090"],
		"TEMPORAL_ADDRESS=" + r.machine.at["127.0.0.1:7233"], "TEMPORAL_NAMESPACE=reader-" + r.own,
		"KEY=a key", "X_SIGN=" + r.sign,
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS"} {
		if value, there := os.LookupEnv(name); there {
			env = append(env, name+"="+value)
		}
	}
	script := fmt.Sprintf("set -eo pipefail\ncd '%s'\n%s", r.home, r.place(text))
	process, err := outside.Start(context.WithoutCancel(r.t.Context()), "bash", []string{"-c", script}, env)
	must(r.t, err)
	return process
}

// end asks what stays to end, and expects it to end in peace.
func (r *reader) end(kind string) {
	r.t.Helper()
	if process, there := r.staying[kind]; there {
		delete(r.staying, kind)
		if err := process.Terminate(within(r.t)); err != nil {
			r.t.Error(err)
		}
	}
}

// close ends everything that this reader has started.
func (r *reader) close() {
	for kind := range r.staying {
		r.end(kind)
	}
}

// freeAddress is one that nothing uses, from below those that connections get.
func freeAddress(t *testing.T) string {
	t.Helper()
	var listening net.ListenConfig
	for nextPort++; nextPort < 32000; nextPort++ {
		address := fmt.Sprint("127.0.0.1:", nextPort)
		if listener, err := listening.Listen(t.Context(), "tcp", address); err == nil {
			must(t, listener.Close())
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	whole, err := filepath.Abs(path)
	must(t, err)
	return whole
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
