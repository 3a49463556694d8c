package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Serve  serveCommand  `cmd:"" help:"Serve Alipay's notifications, the REST API and the workers."`
	Setup  setupCommand  `cmd:"" help:"Prepare the Temporal namespace: retention and search attributes. Safe to repeat."`
	Config configCommand `cmd:"" help:"Check a configuration, or print an example."`
}

// surroundings is what a command gets from outside.
type surroundings struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// run runs one command line and returns the exit code. It is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	line := commands{}
	exited, exitCode := false, exitOK
	parser, err := kong.New(&line, kong.Name("miniflow"),
		kong.Description("Alipay's mini-program messages as durable orders. 支付宝小程序代开发的订单引擎。"),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited, exitCode = true, code }))
	if err != nil {
		return report(stderr, exitFailed, err)
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited: // --help has answered
		return exitCode
	case err != nil:
		return report(stderr, exitUsage, fmt.Errorf("%w; `miniflow --help` lists what there is", err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&surroundings{getenv: getenv, stdout: stdout, stderr: stderr}); err != nil {
		return report(stderr, codeOf(err), err)
	}
	return exitOK
}

// usageError is an error in how the command was called.
type usageError struct{ error }

func codeOf(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func report(stderr io.Writer, code int, err error) int {
	// An error that can't be printed has no other place to go.
	_, _ = fmt.Fprintf(stderr, "miniflow: %v\n", err)
	return code
}
