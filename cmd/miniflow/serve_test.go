package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/internal/config"
)

// runLine runs a command line in a process environment that says nothing of
// Temporal: a developer's own cluster must not meet a test.
func runLine(t *testing.T, args ...string) commandtest.Result {
	t.Helper()
	t.Setenv("TEMPORAL_CONFIG_FILE", newBundle(t).path("no-temporal.toml"))
	return newProgram(t).Run(args...)
}

func TestHowItIsCalled(t *testing.T) {
	served := newBundle(t).served()
	tests := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"help is an answer", []string{"--help"}, command.ExitOK, []string{"serve", "setup", "config check", "config example", "支付宝"}},
		{"help of a command", []string{"serve", "--help"}, command.ExitOK, []string{"--roles", "MINIFLOW_ROLES"}},
		{"nothing", nil, command.ExitUsage, []string{"expected one of", "miniflow --help"}},
		{"an unknown command", []string{"server"}, command.ExitUsage, []string{"server", "miniflow --help"}},
		{"an unknown flag", []string{"serve", "--role", "door"}, command.ExitUsage, []string{"--role", "miniflow --help"}},
		{"an unknown role", []string{"serve", "--roles", "door,wroker", "-c", served}, command.ExitUsage, []string{`"wroker"`, "door channel api worker"}},
		{"an unknown role, before any file is read", []string{"serve", "--roles", "wroker", "-c", "nowhere.yaml"}, command.ExitUsage, []string{`"wroker"`}},
		{"no configuration", []string{"serve", "-c", "nowhere.yaml"}, command.ExitUsage, []string{"nowhere.yaml", "miniflow config example"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { runLine(t, test.args...).Expect(t, test.code, test.says...) })
	}
}

// TestAnswersAndErrorsDoNotMix checks that what a pipe reads is the answer alone.
func TestAnswersAndErrorsDoNotMix(t *testing.T) {
	if help := runLine(t, "--help"); help.Stdout == "" || help.Stderr != "" {
		t.Errorf("help wrote %d bytes of answer and the error %q", len(help.Stdout), help.Stderr)
	}
	if wrong := runLine(t, "server"); wrong.Stdout != "" || !strings.HasPrefix(wrong.Stderr, "miniflow: ") {
		t.Errorf("a wrong command wrote the answer %q and the error %q", wrong.Stdout, wrong.Stderr)
	}
}

func TestExampleIsTheAnswerAlone(t *testing.T) {
	got := runLine(t, "config", "example")
	got.Expect(t, command.ExitOK)
	if got.Stdout != string(config.Example()) || got.Stderr != "" {
		t.Errorf("it printed %d bytes of an example of %d, and the error %q", len(got.Stdout), len(config.Example()), got.Stderr)
	}
}

// TestExampleCanBeServed once the key files that it names exist.
func TestExampleCanBeServed(t *testing.T) {
	b := newBundle(t)
	path := b.write("miniflow.yaml", runLine(t, "config", "example").Stdout)
	runLine(t, "config", "check", "--config", path).Expect(t, command.ExitOK, path, "1 apps, 1 API keys")
}

// TestServeWithoutTemporal says where it looked and what to set; so does setup.
func TestServeWithoutTemporal(t *testing.T) {
	served := newBundle(t).served()
	for _, name := range []string{"serve", "setup"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
			runLine(t, name, "-c", served).Expect(t, command.ExitFailed, "reach Temporal at 127.0.0.1:1", "set TEMPORAL_ADDRESS")
		})
	}
}

// TestTemporalsEnvironmentIsRead checks that what Temporal's own programs refuse is refused here, before anything is dialled.
func TestTemporalsEnvironmentIsRead(t *testing.T) {
	t.Setenv("TEMPORAL_PROFILE", "nobody-has-this-profile")
	runLine(t, "serve", "-c", newBundle(t).served()).Expect(t, command.ExitFailed, "read Temporal's connection", "nobody-has-this-profile", "TEMPORAL_CONFIG_FILE")
}

// TestHelpIsComplete checks that every command and flag says what it is for.
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
