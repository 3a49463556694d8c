package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/dynamicconfig"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/standalone/internal/cluster"
)

// flags is the command line. Where it has the standalone's meaning a flag has the standalone's name.
type flags struct {
	command.VersionFlag

	DataDir   string  `help:"Where everything is kept; a restart goes on where it stopped." default:"cluster-data" placeholder:"DIR"`
	Listen    string  `help:"Address of the REST API; port 0 is any free one." default:"127.0.0.1:8080"`
	Door      string  `help:"Address of Alipay's door." default:"127.0.0.1:8081"`
	Temporal  string  `help:"Address of Temporal's frontend." default:"127.0.0.1:7233"`
	Simulator string  `help:"Address of the simulated Alipay." default:"127.0.0.1:8090"`
	Workers   int     `help:"How many processes have Miniflow's role worker." default:"1"`
	Config    string  `help:"A configuration of Miniflow, for Alipay itself. Without it there is a simulated Alipay, and a configuration for it." placeholder:"FILE"`
	Programs  string  `help:"A directory with the programs server, sql, miniflow and alipaysim. Without it they are built from this checkout." placeholder:"DIR"`
	Channel   string  `help:"How the simulated Alipay's messages arrive: http, or websocket, the long connection (the authorisation still comes over HTTP)." default:"http" enum:"http,websocket"`
	Calls     float64 `help:"How many calls a second the simulated app may make." default:"200"`
	Shards    int     `help:"Into how many shards Temporal divides its histories; for good, from the first start on." default:"32"`
	Speed     float64 `help:"Divides every delay of the simulator and every schedule of Miniflow." default:"60"`

	WellBehaved bool `help:"The simulated Alipay sends no duplicates, nothing late or out of order, and answers at once. Without it there are a few per cent of each, as at Alipay."`
}

// dynamic is what Temporal is told besides its configuration. It says nothing to a name that it does
// not know, so these are its own constants.
var dynamic = map[string]any{
	// As deploy/temporal/dynamicconfig.yaml says for the containers.
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key().String(): 100,
	// One partition of each task queue carries more than one machine does; with four most tasks and
	// polls meet in the first one anyway, by one more call.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key().String():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key().String(): 1,
}

// program is made for each run, because a command line keeps what was parsed into it.
func program() command.Program {
	return command.Program{
		Name: "cluster", Description: "PostgreSQL, Temporal and Miniflow as processes of one machine, without containers. 不用容器，在一台机器上运行 PostgreSQL、Temporal 与 Miniflow。",
		Line: &flags{},
	}
}

// Run runs everything until the context ends or a process does that nobody has asked to.
func (line *flags) Run(ctx context.Context, env *command.Env) (err error) {
	if line.Speed <= 0 || line.Workers < 1 || line.Shards < 1 || line.Calls <= 0 {
		return command.Usagef("--speed, --workers, --shards and --calls have to be above 0")
	}
	begun := env.Now()
	running, err := cluster.Start(ctx, line.options(env, begun))
	if err != nil {
		if ctx.Err() != nil {
			return nil // asked to end is not a failure
		}
		return err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()
	file, where := filepath.Join(line.DataDir, "addresses.json"), running.Addresses()
	defer func() { _ = os.Remove(file) }() // they answer no more
	text, err := json.MarshalIndent(where, "", "  ")
	if err != nil {
		return err
	}
	if err := command.WriteWhole(file, append(text, '\n')); err != nil {
		return err
	}
	if err := env.Show(where, func(p *command.Page) { line.page(p, where, env.Now().Sub(begun)) }); err != nil {
		return err
	}
	select {
	case err := <-running.Failed():
		return err
	case <-ctx.Done():
		return nil
	}
}

func (line *flags) options(env *command.Env, begun time.Time) cluster.Options {
	options := cluster.Options{
		Dir: line.DataDir, Programs: line.Programs, Config: line.Config,
		API: line.Listen, Door: line.Door, Temporal: line.Temporal, Simulator: line.Simulator,
		Workers: line.Workers, Shards: line.Shards, Speed: line.Speed, CallsPerSecond: line.Calls, Misbehaves: !line.WellBehaved, Dynamic: dynamic,
		Progress: func(step string) {
			_ = env.Note("%5.1fs %s", env.Now().Sub(begun).Seconds(), step) // a start that can't say so goes on
		},
	}
	if line.Channel == "websocket" {
		options.WebSocket = []string{"*"}
	}
	return options
}

// page says where everything is.
func (line *flags) page(p *command.Page, where cluster.Addresses, took time.Duration) {
	p.Line("%s after %.1fs; ctrl-c ends everything", p.Good("It runs"), took.Seconds())
	p.Item("REST API", where.API)
	if line.Config == "" {
		p.Item("its key", filepath.Join(line.DataDir, "api-key"))
		p.Item("Alipay, simulated", where.Simulator+"/sim/v1/state")
	}
	p.Item("door", where.Door+"/alipay/notify")
	p.Item("Temporal", where.Temporal, "its frontend; namespace "+cluster.Namespace)
	p.Item("PostgreSQL", where.Postgres, "user temporal, password in "+filepath.Join(line.DataDir, "postgres-password"))
	p.Item("logs", filepath.Join(line.DataDir, "log"))
	p.Item("for programs", filepath.Join(line.DataDir, "addresses.json"))
}
