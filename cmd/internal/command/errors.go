package command

import (
	"errors"
	"fmt"
)

// Exit codes of every command. Scripts distinguish a no from a question that nobody could
// answer, so the two never share a code.
const (
	ExitOK     = 0 // what was asked for holds
	ExitFailed = 1 // it does not hold
	ExitUsage  = 2 // it could not be asked
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

// A command that has printed its no has said everything; a second line would only repeat it.
func report(env *Env, code int, err error) int {
	if !errors.Is(err, ErrNo) {
		_ = env.Note("%v", err) // an error that can't be printed has no other place to go
	}
	return code
}
