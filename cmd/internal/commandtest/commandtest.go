// Package commandtest runs command lines in tests inside the test's process, to their end or
// on and on while the test reads what they print: with the race detector, and without building
// a program first.
package commandtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
)

// Result is what a person or a script sees of a command line, and nothing else of it.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Program runs command lines in a directory of its own, so that tests can run beside each
// other.
type Program struct {
	T   *testing.T
	Dir string
	Env map[string]string // its environment

	program func() command.Program
}

// New returns a program in a new directory. program is called for each command line, because a
// command line keeps what was parsed into it.
func New(t *testing.T, program func() command.Program) *Program {
	t.Helper()
	t.Setenv("MINIFLOW_CONFIG", "") // a developer's own settings play no part
	return &Program{T: t, Dir: t.TempDir(), Env: map[string]string{}, program: program}
}

// For returns the same program for a subtest, so that a failure is the subtest's.
func (p *Program) For(t *testing.T) *Program {
	return &Program{T: t, Dir: p.Dir, Env: p.Env, program: p.program}
}

// A developer's own environment is not part of it: a setting there must not turn a test green.
func (p *Program) env(stdin string, stdout, stderr io.Writer) *command.Env {
	return &command.Env{
		Getenv: func(name string) string { return p.Env[name] }, Stdin: strings.NewReader(stdin),
		Stdout: stdout, Stderr: stderr, Now: time.Now,
	}
}

// Run runs a command line to its end, with whatever exit code: a no may be what is tested.
func (p *Program) Run(args ...string) Result { p.T.Helper(); return p.Feed("", args...) }

// Feed runs a command line with something on standard input, which is how a pipe hands a
// message over.
func (p *Program) Feed(stdin string, args ...string) Result {
	p.T.Helper()
	var stdout, stderr bytes.Buffer
	code := command.Run(p.T.Context(), p.program(), args, p.env(stdin, &stdout, &stderr))
	return Result{code, stdout.String(), stderr.String()}
}

// Must runs a command line that has to succeed, for what a test only prepares.
func (p *Program) Must(args ...string) string {
	p.T.Helper()
	r := p.Run(args...)
	if r.Code != command.ExitOK {
		p.T.Fatalf("%v: exit code %d\n%s%s", args, r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// Asks runs a command line with --output json and reads its result, so that a test holds the
// members that scripts read.
func Asks[T any](p *Program, wantCode int, args ...string) T {
	p.T.Helper()
	r := p.Run(append([]string{"--output", "json"}, args...)...)
	var value T
	if err := json.Unmarshal([]byte(r.Stdout), &value); err != nil || r.Code != wantCode {
		p.T.Fatalf("%v: exit code %d, want %d; %v\n%s%s", args, r.Code, wantCode, err, r.Stdout, r.Stderr)
	}
	return value
}

// Patience is how long a busy machine may take before a test gives up; nothing waits that long
// where all is well.
const Patience = time.Minute

// Running is a command that goes on until it is stopped. Its lines wait in Lines, so that it
// is never held up by a test that looks elsewhere.
type Running struct {
	t     *testing.T
	Lines chan string // what it prints
	code  chan int
	stop  context.CancelFunc
	err   *bytes.Buffer
}

// lineWriter hands on whole lines: a Write may end anywhere.
type lineWriter struct {
	lines chan string
	rest  []byte
}

func (w *lineWriter) Write(text []byte) (int, error) {
	w.rest = append(w.rest, text...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			return len(text), nil
		}
		w.lines <- string(line)
		w.rest = rest
	}
}

// Start starts a command and stops it with the test, so that none outlives it.
func (p *Program) Start(args ...string) *Running {
	p.T.Helper()
	ctx, stop := context.WithCancel(p.T.Context())
	r := &Running{t: p.T, Lines: make(chan string, 1000), code: make(chan int, 1), stop: stop, err: &bytes.Buffer{}}
	program, env := p.program(), p.env("", &lineWriter{lines: r.Lines}, r.err)
	go func() { r.code <- command.Run(ctx, program, append([]string{"--output", "json"}, args...), env) }()
	p.T.Cleanup(r.End)
	return r
}

// End stops the command as ctrl-c does. That has to be a success, since a person who ends
// `listen` has got what was asked for.
func (r *Running) End() {
	r.t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	select {
	case code := <-r.code:
		if code != command.ExitOK {
			r.t.Errorf("ended with exit code %d: %s", code, r.err)
		}
	case <-time.After(Patience):
		r.t.Error("did not end")
	}
}

// Next reads the next line of JSON. A command that has ended instead fails the test at once,
// with its error.
func Next[T any](r *Running) T {
	r.t.Helper()
	var value T
	select {
	case line := <-r.Lines:
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			r.t.Fatalf("%q: %v", line, err)
		}
	case code := <-r.code:
		r.code <- code
		r.t.Fatalf("ended with exit code %d: %s", code, r.err)
	case <-time.After(Patience):
		r.t.Fatal("printed nothing")
	}
	return value
}

// Write keeps a text in the program's directory, where a relative path in a configuration is
// looked for, and returns its path.
func (p *Program) Write(name, text string) string {
	p.T.Helper()
	path := filepath.Join(p.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.T.Fatal(err)
	}
	return path
}

// Read fails the test where there is no such file, since a missing result is a failure too.
func (p *Program) Read(path string) string {
	p.T.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // a file of the test
	if err != nil {
		p.T.Fatal(err)
	}
	return string(text)
}

// OpenSSL runs the openssl command. It knows nothing of this module, so a mistake of ours
// can't hide by being made twice.
func (p *Program) OpenSSL(stdin string, args ...string) string {
	p.T.Helper()
	command := exec.CommandContext(p.T.Context(), "openssl", args...) //nolint:gosec // arguments of these tests
	command.Dir, command.Stdin = p.Dir, strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	if err != nil {
		p.T.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Says checks an exit code and words of what was said, on either stream: a person sees both.
func (p *Program) Says(r Result, code int, words ...string) {
	p.T.Helper()
	r.Expect(p.T, code, words...)
}

// Expect checks the exit code and words of what was said, and not whole texts, so that a
// sentence can be improved without its tests.
func (r Result) Expect(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit code %d, want %d\n%s%s", r.Code, code, r.Stdout, r.Stderr)
	}
	for _, word := range words {
		if !strings.Contains(r.Stdout+r.Stderr, word) {
			t.Errorf("%q is not in\n%s%s", word, r.Stdout, r.Stderr)
		}
	}
}
