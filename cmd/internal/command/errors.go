package command

import (
	"errors"
	"fmt"
)

// Exit codes of every command. Scripts tell a no from a question that nobody could
// answer, so the two never share a code.
const (
	ExitOK     = 0 // what was asked for holds
	ExitFailed = 1 // it does not hold
	ExitUsage  = 2 // it could not be asked
)

// usageError means that there was nothing to ask, or nobody: a wrong flag, a missing
// file, an unreadable key, an API that does not answer.
type usageError struct{ error }

// Unwrap returns the error itself.
func (e usageError) Unwrap() error { return e.error }

// Usagef returns an error that ends the program with ExitUsage.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// AsUsage makes any error end the program with ExitUsage.
func AsUsage(err error) error {
	if IsUsage(err) {
		return err
	}
	return usageError{err}
}

// IsUsage reports whether an error ends the program with ExitUsage.
func IsUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}

// ErrNo is the error of a command that has already printed its no and why: the
// program ends with ExitFailed and prints nothing more.
var ErrNo = errors.New("no")

// codeOf is the exit code of an error.
func codeOf(err error) int {
	if IsUsage(err) {
		return ExitUsage
	}
	return ExitFailed
}

// report writes an error to standard error, unless the command has printed its no.
func report(env *Env, code int, err error) int {
	if !errors.Is(err, ErrNo) {
		_ = env.Note("%v", err) // an error that can't be printed has no other place to go
	}
	return code
}
