package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
)

// ending is a command that ends with an error, or none.
type ending struct {
	interrupt context.CancelFunc
	err       error
}

func (e ending) Run() error {
	e.interrupt()
	return e.err
}

// TestCtrlCIsNoError says nothing of what it has cut short, and all of what else there is to say.
func TestCtrlCIsNoError(t *testing.T) {
	unreached, full := command.Usagef("reach Temporal at 127.0.0.1:1"), errors.New("the disk is full")
	for _, test := range []struct {
		err         error
		interrupted bool
		code        int
		said        string
	}{
		{unreached, false, command.ExitUsage, "ends: reach Temporal at 127.0.0.1:1\n"},
		{unreached, true, command.ExitInterrupted, ""},
		{fmt.Errorf("ask: %w", context.Canceled), true, command.ExitInterrupted, ""},
		{command.ErrNo, true, command.ExitInterrupted, ""},
		{full, true, command.ExitInterrupted, "ends: the disk is full\n"},
		{full, false, command.ExitFailed, "ends: the disk is full\n"},
		{nil, true, command.ExitOK, ""},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		line := &ending{interrupt: cancel, err: test.err}
		if !test.interrupted {
			line.interrupt = func() {}
		}
		var out, said bytes.Buffer
		code := command.Run(ctx, command.Program{Name: "ends", Line: line}, nil, &command.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said})
		cancel()
		if code != test.code || said.String() != test.said {
			t.Errorf("%v, interrupted %v: it ended with %d: %q", test.err, test.interrupted, code, &said)
		}
	}
}

// reading is a command that reads standard input to its end.
type reading struct{ got string }

func (r *reading) Run(env *command.Env) error {
	text, err := env.ReadInput("-")
	r.got = string(text)
	return err
}

// TestCtrlCEndsTheWaitForInput where nobody writes any, as at a terminal.
func TestCtrlCEndsTheWaitForInput(t *testing.T) {
	quiet, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	run := func(line *reading, from io.Reader) int {
		return command.Run(ctx, command.Program{Name: "reads", Line: line}, nil, &command.Env{Stdin: from, Stdout: io.Discard, Stderr: io.Discard})
	}
	whole := strings.Repeat("line\n", 200_000)
	if line := (&reading{}); run(line, strings.NewReader(whole)) != command.ExitOK || line.got != whole {
		t.Errorf("%d bytes were read", len(line.got))
	}
	go func() { ended <- run(&reading{}, quiet) }()
	cancel()
	select {
	case code := <-ended:
		if code != command.ExitInterrupted {
			t.Errorf("it ended with %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits on")
	}
}
