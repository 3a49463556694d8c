package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"miniflow/internal/config"
)

// runLine runs a command line in a process environment that says nothing of
// Temporal: a developer's own cluster must not meet a test.
func runLine(t *testing.T, args ...string) result {
	t.Helper()
	t.Setenv("TEMPORAL_CONFIG_FILE", newBundle(t).path("no-temporal.toml"))
	return newProgram(t).run(args...)
}

// expect judges the exit code and what a person reads.
func (r result) expect(t *testing.T, code int, says ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, not %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, want := range says {
		if !strings.Contains(r.stdout+r.stderr, want) {
			t.Errorf("it does not say %q:\n%s%s", want, r.stdout, r.stderr)
		}
	}
}

func TestHowItIsCalled(t *testing.T) {
	served := newBundle(t).served()
	tests := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"help is an answer", []string{"--help"}, exitOK, []string{"serve", "setup", "config check", "config example", "支付宝"}},
		{"help of a command", []string{"serve", "--help"}, exitOK, []string{"--roles", "MINIFLOW_ROLES"}},
		{"nothing", nil, exitUsage, []string{"expected one of", "miniflow --help"}},
		{"an unknown command", []string{"server"}, exitUsage, []string{"server", "miniflow --help"}},
		{"an unknown flag", []string{"serve", "--role", "door"}, exitUsage, []string{"--role", "miniflow --help"}},
		{"an unknown role", []string{"serve", "--roles", "door,wroker", "-c", served}, exitUsage, []string{`"wroker"`, "door channel api worker"}},
		{"an unknown role, before any file is read", []string{"serve", "--roles", "wroker", "-c", "nowhere.yaml"}, exitUsage, []string{`"wroker"`}},
		{"no configuration", []string{"serve", "-c", "nowhere.yaml"}, exitUsage, []string{"nowhere.yaml", "miniflow config example"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { runLine(t, test.args...).expect(t, test.code, test.says...) })
	}
}

// TestAnswersAndErrorsDoNotMix : what a pipe reads is the answer alone.
func TestAnswersAndErrorsDoNotMix(t *testing.T) {
	if help := runLine(t, "--help"); help.stdout == "" || help.stderr != "" {
		t.Errorf("help wrote %d bytes of answer and the error %q", len(help.stdout), help.stderr)
	}
	if wrong := runLine(t, "server"); wrong.stdout != "" || !strings.HasPrefix(wrong.stderr, "miniflow: ") {
		t.Errorf("a wrong command wrote the answer %q and the error %q", wrong.stdout, wrong.stderr)
	}
}

func TestExampleIsTheAnswerAlone(t *testing.T) {
	got := runLine(t, "config", "example")
	got.expect(t, exitOK)
	if got.stdout != string(config.Example()) || got.stderr != "" {
		t.Errorf("it printed %d bytes of an example of %d, and the error %q", len(got.stdout), len(config.Example()), got.stderr)
	}
}

// TestExampleCanBeServed once the key files that it names exist.
func TestExampleCanBeServed(t *testing.T) {
	b := newBundle(t)
	path := b.write("miniflow.yaml", runLine(t, "config", "example").stdout)
	runLine(t, "config", "check", "--config", path).expect(t, exitOK, path, "1 apps, 1 API keys")
}

// TestServeWithoutTemporal says where it looked and what to set; so does setup.
func TestServeWithoutTemporal(t *testing.T) {
	served := newBundle(t).served()
	for _, command := range []string{"serve", "setup"} {
		t.Run(command, func(t *testing.T) {
			t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
			runLine(t, command, "-c", served).expect(t, exitFailed, "reach Temporal at 127.0.0.1:1", "set TEMPORAL_ADDRESS")
		})
	}
}

// TestTemporalsEnvironmentIsRead : what Temporal's own programs refuse is refused here, before anything is dialled.
func TestTemporalsEnvironmentIsRead(t *testing.T) {
	t.Setenv("TEMPORAL_PROFILE", "nobody-has-this-profile")
	runLine(t, "serve", "-c", newBundle(t).served()).expect(t, exitFailed, "read Temporal's connection", "nobody-has-this-profile", "TEMPORAL_CONFIG_FILE")
}

// TestHelpIsComplete : every command and flag says what it is for.
func TestHelpIsComplete(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	if err := kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch node := node.(type) {
		case *kong.Node:
			if node.Type == kong.CommandNode && node.Help == "" {
				t.Errorf("the command %s has no help", node.Name)
			}
		case *kong.Flag:
			if node.Help == "" {
				t.Errorf("the flag --%s has no help", node.Name)
			}
		}
		return next(nil)
	}); err != nil {
		t.Fatal(err)
	}
}
