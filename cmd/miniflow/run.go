package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/alecthomas/kong"

	"miniflow/order"
)

// Exit codes of every command: it holds, it does not, it could not be asked.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Output string `help:"How results are printed: text or json." short:"o" enum:"text,json" default:"text" env:"MINIFLOW_OUTPUT"`

	Serve  serveCommand  `cmd:"" group:"run" help:"Serve Alipay's notifications, the REST API and the workers."`
	Setup  setupCommand  `cmd:"" group:"run" help:"Prepare the Temporal namespace: retention and search attributes. Safe to repeat."`
	Config configCommand `cmd:"" group:"run" help:"Check a configuration, or print an example."`
	Doctor doctorCommand `cmd:"" group:"run" help:"Look whether everything that serve needs can be reached."`

	Orders     ordersCommand     `cmd:"" group:"operate" help:"Start, show, watch and command orders over the REST API."`
	Deliveries deliveriesCommand `cmd:"" group:"operate" help:"List notifications that wait, came late or are dead; try them again, or give them up."`

	Verify    verifyCommand    `cmd:"" group:"debug" help:"Verify a captured notification, or say why it doesn't verify."`
	Keys      keysCommand      `cmd:"" group:"debug" help:"Make keys, say what a key file is, check that two fit together."`
	Simulator simulatorCommand `cmd:"" group:"debug" help:"Run a simulated Alipay: gateway, merchants, reviewers, pushes."`
	Trigger   triggerCommand   `cmd:"" group:"debug" help:"Have a simulated Alipay push a message or a whole scenario."`
	Listen    listenCommand    `cmd:"" group:"debug" help:"Receive notifications here, verify them, and pass their exact bytes on."`
}

// surroundings is what a command gets from outside.
type surroundings struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	json           bool            // results are printed as JSON
	variables      map[string]bool // those that flags may come from
}

// run runs one command line and returns the exit code. It is main without the process around it.
func run(ctx context.Context, args []string, out *surroundings) int {
	line := commands{}
	exited, exitCode := false, exitOK
	parser, err := kong.New(&line, kong.Name("miniflow"),
		kong.Description("Alipay's mini-program messages as durable orders. 支付宝小程序代开发的订单引擎。"),
		kong.ExplicitGroups([]kong.Group{
			{Key: "run", Title: "Run Miniflow:"}, {Key: "operate", Title: "Work with a running Miniflow:"},
			{Key: "debug", Title: "Test and explain:"},
		}),
		kong.Writers(out.stdout, out.stderr), kong.Exit(func(code int) { exited, exitCode = true, code }))
	if err != nil {
		return report(out.stderr, exitFailed, err)
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited: // --help has answered
		return exitCode
	case err != nil:
		return report(out.stderr, exitUsage, fmt.Errorf("%w; `miniflow --help` lists what there is", err))
	}
	out.variables = variablesOf(parser.Model.Node)
	out.json = line.Output == "json"
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(order.Command(parsed.Selected().Name)) // for orders, whose commands are named as on the wire
	if err := parsed.Run(out); err != nil {
		return report(out.stderr, codeOf(err), err)
	}
	return exitOK
}

// variablesOf lists the environment variables of every flag, and the API key's,
// which is no flag.
func variablesOf(node *kong.Node) map[string]bool {
	names := map[string]bool{apiKeyVariable: true}
	for _, flag := range node.Flags {
		for _, name := range flag.Envs {
			names[name] = true
		}
	}
	for _, child := range node.Children {
		maps.Copy(names, variablesOf(child))
	}
	return names
}

// usageError says that there was nothing to ask, or nobody: a wrong flag, a missing
// file, an unreadable key, an API that does not answer.
type usageError struct{ error }

// Unwrap gives the error itself.
func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errNo is the answer no of a command that has printed why.
var errNo = errors.New("no")

func codeOf(err error) int {
	var usage usageError
	var answered *problemError
	if errors.As(err, &usage) || errors.As(err, &answered) && answered.unanswered() {
		return exitUsage
	}
	return exitFailed
}

func report(stderr io.Writer, code int, err error) int {
	if errors.Is(err, errNo) {
		return code
	}
	// An error that can't be printed has no other place to go.
	_, _ = fmt.Fprintf(stderr, "miniflow: %v\n", err)
	return code
}
