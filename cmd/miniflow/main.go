// Command miniflow is Miniflow in production, and the tools around it: it serves the
// doors, the REST API and the workers against any Temporal cluster, explains captured
// notifications, and commands orders. It contains neither a Temporal server nor a
// simulated Alipay; the programs standalone and alipaysim do.
//
// Every command ends with 0 when what was asked for holds, with 1 when it does not,
// and with 2 when it could not even be asked. Results go to standard output, as text
// or with --output json as JSON; what went wrong goes to standard error and says what
// to do instead.
package main

import (
	"github.com/alecthomas/kong"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/completion"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/accounts"
	"miniflow/cmd/miniflow/internal/archives"
	"miniflow/cmd/miniflow/internal/audit"
	"miniflow/cmd/miniflow/internal/authorizations"
	"miniflow/cmd/miniflow/internal/backtest"
	"miniflow/cmd/miniflow/internal/bench"
	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/config"
	"miniflow/cmd/miniflow/internal/deliveries"
	"miniflow/cmd/miniflow/internal/doctor"
	"miniflow/cmd/miniflow/internal/drift"
	"miniflow/cmd/miniflow/internal/keys"
	"miniflow/cmd/miniflow/internal/leave"
	"miniflow/cmd/miniflow/internal/listen"
	"miniflow/cmd/miniflow/internal/miniprograms"
	"miniflow/cmd/miniflow/internal/orders"
	"miniflow/cmd/miniflow/internal/purge"
	"miniflow/cmd/miniflow/internal/robots"
	"miniflow/cmd/miniflow/internal/rollouts"
	"miniflow/cmd/miniflow/internal/serve"
	"miniflow/cmd/miniflow/internal/setup"
	"miniflow/cmd/miniflow/internal/tail"
	"miniflow/cmd/miniflow/internal/trigger"
	"miniflow/cmd/miniflow/internal/verify"
	"miniflow/cmd/miniflow/internal/webhooks"
	"miniflow/order"
)

// commands groups the tools by who needs them: who runs Miniflow, who works with it, who
// debugs.
type commands struct {
	command.Flags
	command.LanguageFlag

	Serve  serve.Command    `cmd:"" group:"run" help:"Serve Alipay's notifications, the REST API and the workers."`
	Setup  setup.Command    `cmd:"" group:"run" help:"Prepare the Temporal namespace: retention and search attributes. Safe to repeat."`
	Config config.Command   `cmd:"" group:"run" help:"Check a configuration, or print an example."`
	Doctor doctor.Command   `cmd:"" group:"run" help:"Look whether everything that serve needs can be reached."`
	People accounts.Command `cmd:"" group:"run" help:"Say who may use the console, and what they may do there."`

	Orders         orders.Command         `cmd:"" group:"operate" help:"Start, show, watch and command orders over the REST API."`
	Rollouts       rollouts.Command       `cmd:"" group:"operate" help:"Upgrade every mini program of a template in waves; watch, stop, and take it back."`
	Deliveries     deliveries.Command     `cmd:"" group:"operate" help:"List notifications that wait, came late or are dead; try them again, or give them up."`
	MiniPrograms   miniprograms.Command   `cmd:"" group:"operate" help:"List mini programs and what is online; roll a version back, take it offline."`
	Authorizations authorizations.Command `cmd:"" group:"operate" help:"Hand over merchants' authorisations that another program has had so far."`
	Tail           tail.Command           `cmd:"" group:"operate" help:"Watch notifications arrive at the door: app, name, disposition, order, latency."`
	Webhooks       webhooks.Command       `cmd:"" group:"operate" help:"See how your backend is told what becomes of orders; test it, tell it again."`
	Robots         robots.Command         `cmd:"" group:"operate" help:"Try the robots of groups that are told what needs a person."`
	Drift          drift.Command          `cmd:"" group:"operate" help:"See how Alipay differs from what is known of it; write it as test cases without data."`
	Audit          audit.Command          `cmd:"" group:"operate" help:"See who did what, and whether the log of it was changed."`
	Leave          leave.Command          `cmd:"" group:"operate" help:"Take everything out: orders, mini programs, and tokens encrypted to a key of yours."`
	Archive        archives.Command       `cmd:"" group:"operate" help:"Keep ended orders for longer than Temporal does."`
	Purge          purge.Command          `cmd:"" group:"operate" help:"Remove a merchant's data for good, with a signed record."`

	Verify   verify.Command         `cmd:"" group:"debug" help:"Verify a captured notification, or say why it doesn't verify."`
	Backtest backtest.Command       `cmd:"" group:"debug" help:"Read what an old handler has logged, and say what it missed and what Miniflow would have done."`
	Keys     keys.Command           `cmd:"" group:"debug" help:"Make keys, say what a key file is, check that two fit together."`
	Trigger  trigger.Command        `cmd:"" group:"debug" help:"Have a simulated Alipay push a message or a whole scenario."`
	Listen   listen.Command         `cmd:"" group:"debug" help:"Receive notifications here, verify them, and pass their exact bytes on."`
	Bench    bench.Command          `cmd:"" group:"debug" help:"Measure a running system, or a fresh standalone, beside what Temporal alone does."`
	Version  command.VersionCommand `cmd:"" group:"debug" help:"Print the version and what it was built from."`

	Completion completion.Command `cmd:"" group:"debug" help:"Print the script that completes command lines in bash, zsh, fish or PowerShell."`

	Words       completion.WordsCommand `cmd:"" hidden:"" name:"__complete" passthrough:"" help:"What the scripts of completion ask."`
	BenchWorker ceiling.WorkerCommand   `cmd:"" hidden:"" help:"The bare worker of bench, which bench starts."`
}

// program is made for each run, because a command line keeps what was parsed into it.
func program() command.Program {
	return command.Program{
		Name: "miniflow", Description: "Alipay's mini-program messages as durable orders. 支付宝小程序代开发的订单引擎。",
		// In the order in which a newcomer meets them.
		Groups: []kong.Group{
			{Key: "run", Title: "Run Miniflow:"}, {Key: "operate", Title: "Work with a running Miniflow:"},
			{Key: "debug", Title: "Test and explain:"},
		},
		Variables: []string{remote.KeyVariable},
		Line:      &commands{Words: completion.WordsCommand{Lists: lists()}},
	}
}

// lists are the values that the API decides about, for completion alone.
func lists() map[string][]string {
	return map[string][]string{
		"stages": texts(order.Stages()), "holds": texts(order.HoldKinds()), "kinds": texts(order.Kinds()), "executions": texts(order.Executions()),
		"states": append(texts(order.Dispositions()), "journaled"),
	}
}

func texts[T ~string](values []T) (all []string) {
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}

func main() { command.Main(program()) }
