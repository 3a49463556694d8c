package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"miniflow/cmd/internal/command"
)

// openTerminal returns both ends of a terminal: what a program has, and what the person has.
func openTerminal(t *testing.T) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = program.Close(), person.Close() })
	return program, person
}

func shows(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// hidden waits until what is typed is not shown any more.
func hidden(t *testing.T, terminal *os.File) {
	t.Helper()
	deadline, often := time.After(time.Minute), time.NewTicker(time.Millisecond)
	defer often.Stop()
	for shows(t, terminal) {
		select {
		case <-often.C:
		case <-deadline:
			t.Fatal("what is typed is shown")
		}
	}
}

type secret struct {
	text string
	err  error
}

func ask(ctx context.Context, env *command.Env) chan secret {
	asked := make(chan secret, 1)
	go func() {
		text, err := env.ReadSecret(ctx, "new password:")
		asked <- secret{text, err}
	}()
	return asked
}

func TestASecretIsTypedUnseen(t *testing.T) {
	program, person := openTerminal(t)
	var stderr bytes.Buffer
	env := &command.Env{Stdin: program, Stderr: &stderr}
	if !env.IsTerminal() {
		t.Fatal("a terminal is none")
	}
	asked := ask(t.Context(), env)
	hidden(t, program)
	if _, err := io.WriteString(person, "correct horse\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got.err != nil || got.text != "correct horse" {
		t.Errorf("%+v", got)
	}
	if !shows(t, program) || stderr.String() != "new password: \n" {
		t.Errorf("afterwards: %q", stderr.String())
	}
}

func TestCtrlCLeavesATerminalThatShows(t *testing.T) {
	program, person := openTerminal(t)
	ctx, leave := context.WithCancel(t.Context())
	asked := ask(ctx, &command.Env{Stdin: program, Stderr: io.Discard})
	hidden(t, program)
	leave()
	if got := <-asked; !errors.Is(got.err, context.Canceled) || got.text != "" {
		t.Errorf("%+v", got)
	}
	if !shows(t, program) {
		t.Error("what is typed stays unseen")
	}
	if _, err := io.WriteString(person, "\n"); err != nil { // for the one that still reads
		t.Fatal(err)
	}
}
