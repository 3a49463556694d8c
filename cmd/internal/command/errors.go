package command

import (
	"context"
	"errors"
	"fmt"
)

// Exit codes of every command. Scripts distinguish a no from a question that nobody could
// answer, so the two never share a code.
const (
	ExitOK     = 0 // what was asked for holds
	ExitFailed = 1 // it does not hold
	ExitUsage  = 2 // it could not be asked
	// ExitInterrupted is what shells give a program that ctrl-c has ended: 128 and SIGINT's number.
	// What goes on until it is ended, such as listen, ends with ExitOK.
	ExitInterrupted = 130
)

// usageError means that there was nothing to ask, or nobody: a wrong flag, a missing
// file, an unreadable key, an API that does not answer.
type usageError struct{ error }

// Unwrap keeps errors.Is and errors.As working: the exit code is an addition to the error.
func (e usageError) Unwrap() error { return e.error }

// Usagef returns an error that ends the program with ExitUsage: nothing was asked, so a script
// must not take it for a no.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// AsUsage makes an error of another package end the program with ExitUsage, such as a file
// that can't be read.
func AsUsage(err error) error {
	if IsUsage(err) {
		return err
	}
	// An error of another package knows nothing of exit codes.
	return usageError{err}
}

// IsUsage reports whether an error ends the program with ExitUsage, for a command that prints
// a failure as its result but has none where nothing could be asked.
func IsUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}

// ErrNo is the error of a command that has already printed its no and why: the
// program ends with ExitFailed and prints nothing more.
var ErrNo = errors.New("no")

// Whatever is not marked as a usage error is a no: that is the answer that makes a script stop.
func codeOf(err error) int {
	if IsUsage(err) {
		return ExitUsage
	}
	return ExitFailed
}

// reportInterrupted ends a program that was told to end. A person who has pressed ctrl-c knows why
// a call was cut short; what else went wrong, or is left to do, is still said.
func reportInterrupted(env *Env, err error) int {
	if IsUsage(err) || errors.Is(err, context.Canceled) {
		err = ErrNo
	}
	return report(env, ExitInterrupted, err)
}

// A command that has printed its no has said everything; a second line would only repeat it.
func report(env *Env, code int, err error) int {
	if !errors.Is(err, ErrNo) {
		_ = env.Note("%s", env.Translate(err.Error())) // an error that can't be printed has no other place to go
	}
	return code
}
