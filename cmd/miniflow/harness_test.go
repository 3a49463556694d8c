package main

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
)

// result is what a command line did.
type result struct {
	code           int
	stdout, stderr string
}

// program runs command lines in a directory of its own.
type program struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	t.Setenv("MINIFLOW_CONFIG", "") // a developer's own settings play no part
	return &program{t: t, dir: t.TempDir(), env: map[string]string{}}
}

func (p *program) surroundings(stdin string, stdout, stderr io.Writer) *surroundings {
	return &surroundings{
		getenv: func(name string) string { return p.env[name] }, stdin: strings.NewReader(stdin),
		stdout: stdout, stderr: stderr, now: time.Now,
	}
}

// run runs a command line to its end.
func (p *program) run(args ...string) result { p.t.Helper(); return p.feed("", args...) }

// feed runs a command line with something on standard input.
func (p *program) feed(stdin string, args ...string) result {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(p.t.Context(), args, p.surroundings(stdin, &stdout, &stderr))
	return result{code, stdout.String(), stderr.String()}
}

// must runs a command line that has to succeed.
func (p *program) must(args ...string) string {
	p.t.Helper()
	r := p.run(args...)
	if r.code != exitOK {
		p.t.Fatalf("miniflow %v: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// asks runs a command line with --output json and reads its result.
func asks[T any](p *program, wantCode int, args ...string) T {
	p.t.Helper()
	r := p.run(append([]string{"--output", "json"}, args...)...)
	var value T
	if err := json.Unmarshal([]byte(r.stdout), &value); err != nil || r.code != wantCode {
		p.t.Fatalf("miniflow %v: exit code %d, want %d; %v\n%s%s", args, r.code, wantCode, err, r.stdout, r.stderr)
	}
	return value
}

// patience is how long a machine may be busy with other things.
const patience = time.Minute

// running is a command that goes on until it is stopped.
type running struct {
	t     *testing.T
	lines chan string
	code  chan int
	stop  context.CancelFunc
	err   *bytes.Buffer
}

// lineWriter hands on each line that is written.
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

// start starts a command and stops it with the test.
func (p *program) start(args ...string) *running {
	p.t.Helper()
	ctx, stop := context.WithCancel(p.t.Context())
	r := &running{t: p.t, lines: make(chan string, 1000), code: make(chan int, 1), stop: stop, err: &bytes.Buffer{}}
	out := p.surroundings("", &lineWriter{lines: r.lines}, r.err)
	go func() { r.code <- run(ctx, append([]string{"--output", "json"}, args...), out) }()
	p.t.Cleanup(r.end)
	return r
}

// end stops the command and looks at how it ended.
func (r *running) end() {
	r.t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	select {
	case code := <-r.code:
		if code != exitOK {
			r.t.Errorf("ended with exit code %d: %s", code, r.err)
		}
	case <-time.After(patience):
		r.t.Error("did not end")
	}
}

// next reads the next line of JSON that a command prints.
func next[T any](r *running) T {
	r.t.Helper()
	var value T
	select {
	case line := <-r.lines:
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			r.t.Fatalf("%q: %v", line, err)
		}
	case code := <-r.code:
		r.code <- code
		r.t.Fatalf("ended with exit code %d: %s", code, r.err)
	case <-time.After(patience):
		r.t.Fatal("printed nothing")
	}
	return value
}

// write keeps a text in a file of the program's directory.
func (p *program) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *program) read(path string) string {
	p.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// openssl runs the openssl command, which knows nothing of this module.
func (p *program) openssl(stdin string, args ...string) string {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), "openssl", args...) //nolint:gosec // arguments of these tests
	command.Dir, command.Stdin = p.dir, strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	if err != nil {
		p.t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// says checks an exit code and words of what was said.
func (p *program) says(r result, code int, words ...string) {
	p.t.Helper()
	if r.code != code {
		p.t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, word := range words {
		if !strings.Contains(r.stdout+r.stderr, word) {
			p.t.Errorf("%q is not in\n%s%s", word, r.stdout, r.stderr)
		}
	}
}
