package command_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// lost is a command that reaches nothing.
type lost struct {
	interrupt context.CancelFunc
}

func (l lost) Run() error {
	l.interrupt()
	return command.Usagef("reach Temporal at 127.0.0.1:1")
}

// TestAProgramThatIsInterrupted ends like a no, also where it was about to reach something.
func TestAProgramThatIsInterrupted(t *testing.T) {
	for interrupted, want := range map[bool]int{false: command.ExitUsage, true: command.ExitFailed} {
		ctx, cancel := context.WithCancel(t.Context())
		line := &lost{interrupt: cancel}
		if !interrupted {
			line.interrupt = func() {}
		}
		var out, said bytes.Buffer
		code := command.Run(ctx, command.Program{Name: "lost", Line: line}, nil, &command.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said})
		cancel()
		if code != want || !strings.Contains(said.String(), "reach Temporal") {
			t.Errorf("interrupted %v: it ended with %d: %s", interrupted, code, &said)
		}
	}
}
