// Command miniflow is Miniflow in production, and the tools around it: it serves
// the doors, the REST API and the workers against any Temporal cluster, explains
// captured notifications, plays Alipay for tests, and commands orders. It holds
// no Temporal server.
//
// Every command ends with 0 when what was asked for holds, with 1 when it does
// not, and with 2 when it could not even be asked. Results go to standard
// output, as text or with --output json as JSON; what went wrong goes to
// standard error and says what to do instead.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &surroundings{
		getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now,
	})
	stop()
	os.Exit(code)
}
