package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWhichPostgreSQL checks that files are opened by the version that made them, and that a
// machine without one says what to install.
func TestWhichPostgreSQL(t *testing.T) {
	place, dir := t.TempDir(), t.TempDir()
	if _, err := binaries(place, dir); err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("without any: %v", err)
	}
	for _, version := range []string{"9", "15", "17"} {
		write(t, filepath.Join(place, version, "bin", "initdb"), "")
	}
	if bin, err := binaries(place, dir); err != nil || bin != filepath.Join(place, "17", "bin") {
		t.Errorf("new files are made by %s, %v", bin, err)
	}
	write(t, filepath.Join(dir, "PG_VERSION"), "15\n")
	if bin, err := binaries(place, dir); err != nil || bin != filepath.Join(place, "15", "bin") {
		t.Errorf("files of 15 are opened by %s, %v", bin, err)
	}
	write(t, filepath.Join(dir, "PG_VERSION"), "16\n")
	if _, err := binaries(place, dir); err == nil || !strings.Contains(err.Error(), "postgresql-16") || !strings.Contains(err.Error(), "pg_upgrade") {
		t.Errorf("files of a version that is gone: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestOnlyLoopback checks that nothing that asks for no key is offered to other machines.
func TestOnlyLoopback(t *testing.T) {
	for _, at := range []string{"0.0.0.0:7233", "192.168.1.2:7233", "example.com:7233", "[::1]:7233", "7233"} {
		if _, err := Start(t.Context(), Options{Dir: t.TempDir(), Temporal: at}); err == nil {
			t.Errorf("Temporal listens on %s", at)
		}
	}
	for _, at := range []string{"", "127.0.0.1:0", "localhost:7233", ":0"} {
		if err := onLoopback("API", at); err != nil {
			t.Error(err)
		}
	}
}

// TestPortsAreApart checks that each name has a port of its own, below those of outgoing
// connections, and that what is asked for is taken.
func TestPortsAreApart(t *testing.T) {
	taken := ports{}
	names := strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z")
	if err := taken.take(t.Context(), nil, names...); err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for _, name := range names {
		port := taken[name]
		if other := seen[port]; other != "" || port < firstPort || port > lastPort {
			t.Errorf("%s has %d, as has %q", name, port, other)
		}
		seen[port] = name
	}
	again := ports{}
	if err := again.take(t.Context(), map[string]string{"api": taken.at("a")}, "api"); err != nil || again["api"] != taken["a"] {
		t.Errorf("asked for %s, took %v: %v", taken.at("a"), again, err)
	}
}

// shell is a process that runs a script.
func shell(t *testing.T, script string) *process {
	t.Helper()
	p := &process{
		name: "shell", program: "/bin/sh", args: []string{"-c", script}, dir: t.TempDir(), log: filepath.Join(t.TempDir(), "log"),
		ending: syscall.SIGTERM, orphaned: syscall.SIGKILL,
	}
	p.ready = func(context.Context) error {
		if said, err := os.ReadFile(p.log); err != nil || !strings.Contains(string(said), "ready") {
			return errors.New("it has not said so")
		}
		return nil
	}
	t.Cleanup(func() { _ = p.kill() })
	return p
}

// TestAProcessHasLives kills one, starts it again and stops it. Only an end that nobody wanted is a
// failure, and it shows what the process said.
func TestAProcessHasLives(t *testing.T) {
	failed := make(chan error, 1)
	fail := func(err error) { failed <- err }
	p := shell(t, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done")
	for _, end := range []func() error{p.kill, p.stop} {
		if err := p.start(t.Context(), fail); err != nil {
			t.Fatal(err)
		}
		if err := p.start(t.Context(), fail); !errors.Is(err, errRuns) {
			t.Errorf("a second life beside the first: %v", err)
		}
		if err := end(); err != nil || p.runs() {
			t.Errorf("it ended with %v, runs: %v", err, p.runs())
		}
	}
	select {
	case err := <-failed:
		t.Errorf("ends that were wanted: %v", err)
	default:
	}
	if err := shell(t, "echo the reason; exit 3").start(t.Context(), fail); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("one that ends before it is ready: %v", err)
	}
}

// TestAnEndThatNobodyWantedIsAFailure checks that it is reported with the end of the log.
func TestAnEndThatNobodyWantedIsAFailure(t *testing.T) {
	failed := make(chan error, 1)
	p := shell(t, "echo ready; while [ ! -e go ]; do sleep 0.02; done; echo the reason; exit 3")
	if err := p.start(t.Context(), func(err error) { failed <- err }); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(p.dir, "go"), "")
	if err := <-failed; !strings.Contains(err.Error(), "the reason") || !errors.Is(err, errNotAsked) {
		t.Errorf("it failed with %v", err)
	}
}
