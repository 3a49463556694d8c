package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// addresses is <data-dir>/addresses.json.
type addresses struct {
	API       string `json:"api"`
	UI        string `json:"ui"`
	Simulator string `json:"simulator"`
	Temporal  string `json:"temporal"`
	PID       int    `json:"pid"`
}

// standalone is one data directory and the process that lives in it, one after
// the other.
type standalone struct {
	t       *testing.T
	dir     string
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	at      addresses

	heard transcript
	// always are flags of every start.
	always []string
}

// newStandalone returns a data directory that does not exist yet. What runs in
// it at the test's end is killed, and a failed test shows what it said.
func newStandalone(t *testing.T) *standalone {
	t.Helper()
	s := &standalone{t: t, dir: filepath.Join(t.TempDir(), "data")}
	t.Cleanup(func() {
		if t.Failed() && s.runs() {
			t.Logf("open workflows:\n%s", s.pending())
		}
		s.kill()
		if t.Failed() {
			t.Logf("miniflow.log ends:\n%s", tail(s.path("miniflow.log")))
			t.Logf("stdout and stderr end:\n%s", tail(s.output()))
		}
	})
	return s
}

// startStandalone starts the program on free ports and waits until it takes work.
func startStandalone(t *testing.T, flags ...string) *standalone {
	t.Helper()
	s := newStandalone(t)
	s.start(flags...)
	return s
}

// path names a file of the data directory.
func (s *standalone) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// output is the file that takes stdout and stderr, of every life.
func (s *standalone) output() string { return s.dir + ".out" }

// start launches the program and waits until it takes work.
func (s *standalone) start(flags ...string) {
	s.t.Helper()
	s.launch(flags...)
	eventually(s.t, patience, "the program takes work", func() error {
		if !s.runs() {
			s.t.Fatalf("the program ended before it took work: %v", s.process.ProcessState)
		}
		return s.readAddresses()
	})
}

// launch starts the process in a group of its own and does not wait for it.
func (s *standalone) launch(flags ...string) {
	s.t.Helper()
	said, err := os.OpenFile(s.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = said.Close() }() // the process has its own
	args := append([]string{
		"--data-dir", s.dir, "--listen", "127.0.0.1:0", "--temporal", "127.0.0.1:0", "--ui", "127.0.0.1:0", "--simulator", "127.0.0.1:0",
		"--seed", "1", // Alipay misbehaves, each time alike, where a test doesn't count what it sends
	}, append(flags, s.always...)...)
	s.process = exec.CommandContext(context.WithoutCancel(s.t.Context()), program, args...) //nolint:gosec // the program that TestMain built
	s.process.Stdout, s.process.Stderr = said, said
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	process, ended := s.process, make(chan struct{})
	s.ended = ended
	go func() {
		_ = process.Wait() // how it ended is in ProcessState
		close(ended)
	}()
}

// readAddresses reads the file that this process wrote, and no earlier one.
func (s *standalone) readAddresses() error {
	text, err := os.ReadFile(s.path("addresses.json"))
	if err != nil {
		return err
	}
	var at addresses
	if err := json.Unmarshal(text, &at); err != nil {
		return fmt.Errorf("addresses.json was not written whole: %w", err)
	}
	if at.PID != s.process.Process.Pid {
		return fmt.Errorf("addresses.json is of process %d, this one is %d", at.PID, s.process.Process.Pid)
	}
	s.at = at
	return nil
}

func (s *standalone) runs() bool {
	if s.process == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// kill is kill -9 of everything that was started.
func (s *standalone) kill() {
	if !s.runs() {
		return
	}
	// It may end by itself a moment before; then there is no group to kill.
	if err := syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		s.t.Errorf("kill -9: %v", err)
	}
	<-s.ended
}

// stop asks the program to end, and sees that it does so in order.
func (s *standalone) stop() {
	s.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("ask the program to end: %v", err)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatal("the program did not end when it was asked to")
	}
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the program ended with %d, want 0: %v", code, s.process.ProcessState)
	}
}

// tail is the end of a file.
func tail(path string) []byte {
	const lines = 40
	text, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}
