// Package bench is `miniflow bench`: it measures a running Miniflow, or a fresh standalone, beside
// what Temporal alone does in the same run.
package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/report"
	"miniflow/cmd/miniflow/internal/bench/scenario"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// Command is `miniflow bench`.
type Command struct {
	Scenarios []string `arg:"" optional:"" name:"scenario" help:"What is measured: orders, starts, notifications, burst, push, looks, waiting, console, or all. Left out: all but burst, waiting and console."`

	Addresses  string `help:"The addresses.json of a running standalone or cluster, which is measured." type:"path" placeholder:"FILE" xor:"system"`
	Fresh      string `help:"A standalone program that is started for each scenario, with an empty data directory, and measured." type:"path" placeholder:"BINARY" xor:"system"`
	Baseline   string `help:"An older standalone program, measured in turn with --fresh." type:"path" placeholder:"BINARY"`
	Rounds     int    `help:"How often everything is measured; the medians are shown. Left out: 5 with --baseline, else 1."`
	AppID      string `help:"The third-party app; the simulator's only one when left out." env:"MINIFLOW_APP_ID"`
	APIKeyFile string `name:"api-key-file" help:"A file with the API key; it may be in MINIFLOW_API_KEY instead. Left out: api-key beside addresses.json." type:"path" env:"MINIFLOW_API_KEY_FILE" placeholder:"FILE"`
	Keys       string `help:"The simulator's keys, one directory for each app. Left out: keys beside addresses.json." type:"path" placeholder:"DIR"`
	DataDir    string `help:"The data directory of --fresh; kept, and used again the next time. Left out: a temporary one." type:"path" placeholder:"DIR"`

	Orders      int           `help:"How many orders go on: happy ones, merchants that agree." default:"30"`
	Rate        float64       `help:"How many of them begin a second." default:"1"`
	Callers     int           `help:"How many callers start orders at once." default:"32"`
	Connections int           `help:"How many connections post messages." default:"256"`
	Targets     int           `help:"How many orders messages are about." default:"200"`
	For         time.Duration `help:"How long a rate is held." default:"15s"`
	Step        time.Duration `help:"How long one step of the search for saturation is held." default:"3s"`
	Idle        time.Duration `help:"How long the system is watched doing nothing; that is taken off." default:"10s"`
	Burst       int           `help:"How many messages a burst has." default:"20000"`
	Looks       int           `help:"How many waiting orders are looked at." default:"50"`
	Waiting     int           `help:"How many orders wait." default:"1000"`
	Crowd       int           `help:"How many orders the console finds its way among." default:"20000"`
	People      int           `help:"How many people look at the console at once." default:"5"`
	Speed       float64       `help:"What life's times are divided by where an order's life is to take seconds. A running system has to run at this speed." default:"60"`

	SVG string `name:"svg" help:"Draw charts into this directory, in English and 简体中文." type:"path" placeholder:"DIR"`
}

// Run measures and shows the medians. A figure is never a failure: what is fast enough is for
// people to say.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	chosen, err := c.choose()
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	whole := &report.Report{Machine: measure.OS().Machine(), StartedAt: env.Now().UTC()}
	for _, one := range chosen {
		whole.Scenarios = append(whole.Scenarios, one.Name)
	}
	subjects, err := c.subjects(env)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		whole.Systems = append(whole.Systems, &subject.System)
	}
	failed := c.measure(ctx, env, chosen, subjects)
	for _, one := range whole.Systems {
		one.Summarize()
	}
	if len(whole.Systems) > 1 {
		whole.Compared = report.Compare(whole.Systems[0], whole.Systems[1])
	}
	// What was measured before something failed has taken its time, and holds.
	return errors.Join(failed, c.show(env, whole))
}

// measure runs the rounds. The subjects take turns at each scenario, so that a machine that grows
// busier burdens them alike. A scenario that fails lacks figures and keeps no other from running.
func (c *Command) measure(ctx context.Context, env *command.Env, chosen []scenario.Scenario, subjects []*subject) (failed error) {
	for number := range c.rounds() {
		for _, subject := range subjects {
			subject.Rounds = append(subject.Rounds, &report.Round{Load: map[string]string{}})
		}
		for _, one := range chosen {
			for _, subject := range subjects {
				round := subject.Rounds[number]
				round.Load[one.Name] = measure.OS().Load()
				if err := env.Note("round %d of %d: %s of %s, load %s", number+1, c.rounds(), one.Name, subject.Name, round.Load[one.Name]); err != nil {
					return err
				}
				err := subject.measure(ctx, env, one, round)
				if ctx.Err() != nil || command.IsUsage(err) {
					return errors.Join(failed, err)
				}
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("round %d, %s: %w", number+1, subject.Name, err))
				}
			}
		}
	}
	return failed
}

// choose finds the scenarios that were named.
func (c *Command) choose() ([]scenario.Scenario, error) {
	all := scenario.All()
	var names []string
	for _, one := range all {
		names = append(names, one.Name)
	}
	for _, name := range c.Scenarios {
		if name != "all" && !slices.Contains(names, name) {
			return nil, command.Usagef("there is no scenario %q; take one of %s, or all", name, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(all, func(one scenario.Scenario) bool {
		if len(c.Scenarios) == 0 {
			return !one.Default
		}
		return !slices.Contains(c.Scenarios, one.Name) && !slices.Contains(c.Scenarios, "all")
	}), nil
}

// check refuses what can't be measured before anything is started.
func (c *Command) check() error {
	switch {
	case c.Addresses == "" && c.Fresh == "":
		return command.Usagef("say what is measured: --addresses FILE of a running system, or --fresh BINARY of a standalone")
	case c.Baseline != "" && c.Fresh == "":
		return command.Usagef("--baseline is measured in turn with --fresh; name that one too")
	case c.DataDir != "" && (c.Fresh == "" || c.Baseline != "" || c.rounds() > 1):
		return command.Usagef("--data-dir is for one round of --fresh: two systems, or two rounds, would find each other's orders in it")
	case c.Orders < 1 || c.Callers < 1 || c.Connections < 1 || c.Targets < 1 || c.Burst < 1 || c.Looks < 1 || c.Waiting < 1 || c.Crowd < 1 || c.People < 1 || c.Rounds < 0:
		return command.Usagef("--orders, --callers, --connections, --targets, --burst, --looks, --waiting, --crowd and --people are numbers from 1 on")
	case c.Rate <= 0 || c.Speed <= 0 || c.For <= 0 || c.Step <= 0 || c.Idle <= 0:
		return command.Usagef("--rate, --speed, --for, --step and --idle have to be above 0")
	}
	return nil
}

func (c *Command) rounds() int {
	switch {
	case c.Rounds > 0:
		return c.Rounds
	case c.Baseline != "":
		return 5
	}
	return 1
}

func (c *Command) sizes() scenario.Sizes {
	return scenario.Sizes{
		Orders: c.Orders, Rate: c.Rate, Callers: c.Callers, Connections: c.Connections, Targets: c.Targets, For: c.For, Step: c.Step,
		Idle: c.Idle, Burst: c.Burst, Looks: c.Looks, Waiting: c.Waiting, Crowd: c.Crowd, People: c.People, Speed: c.Speed, Running: c.Addresses != "", Kept: c.DataDir != "",
	}
}

func (c *Command) access(env *command.Env) (system.Access, error) {
	key, err := (&remote.Flags{APIKeyFile: c.APIKeyFile}).Key(env)
	return system.Access{APIKey: key, AppID: c.AppID, Keys: c.Keys, Connections: max(c.Connections, 2*c.Callers)}, err
}
