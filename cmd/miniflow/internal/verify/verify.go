// Package verify is `miniflow verify`, for a message that a door has refused and somebody has
// kept.
package verify

import (
	"errors"

	"miniflow/alipay/diagnose"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/verifying"
)

// Command is `miniflow verify`. Anything that keeps it from verifying is a usage error,
// so that exit code 1 always means: this message is not valid.
type Command struct {
	verifying.Keys
	Reveal bool   `help:"Print tokens and people's data too."`
	File   string `arg:"" optional:"" help:"The form body, the query string, the URL, or the parameters as JSON; - or nothing is standard input." default:"-" complete:"files"`
}

// Run verifies one message. It is asked as a log would have it, since that is where people find
// the messages that failed.
func (c *Command) Run(env *command.Env) error {
	apps, err := c.Apps(env)
	if err != nil {
		return command.AsUsage(err)
	}
	// The keys come first: with standard input a person would type a message in vain otherwise.
	text, err := env.ReadInput(c.File)
	if err != nil {
		return command.AsUsage(err)
	}
	answer, err := diagnose.Ask(diagnose.Question{Text: text, Apps: apps, Logged: true})
	if err != nil {
		return command.AsUsage(err)
	}
	if answer.Notification == nil {
		invalid := newInvalid(answer)
		return errors.Join(env.Show(invalid, invalid.print), command.ErrNo)
	}
	valid := newValid(answer, c.Reveal)
	return env.Show(valid, valid.print)
}
