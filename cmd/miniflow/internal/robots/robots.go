// Package robots is `miniflow robots`, which tries the robots of groups as serve would tell them what needs
// a person. It prints no address: whoever has one can post to the group.
package robots

import (
	"context"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
	"miniflow/words"
)

// Command is `miniflow robots`.
type Command struct {
	Test test `cmd:"" help:"Post a test message to each robot of an app, and show what came of it."`
}

type test struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	AppID  string `arg:"" help:"The third-party app whose robots they are." env:"MINIFLOW_APP_ID"`
}

// result is what came of one message.
type result struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

// Run posts to one robot after the other. It ends with 1 where one does not take its message.
func (c *test) Run(ctx context.Context, env *command.Env) error {
	cfg, err := config.Load(c.Config, env.Getenv)
	if err != nil {
		return err
	}
	tried, err := service.TestRobots(ctx, cfg, c.AppID)
	if err != nil {
		return err
	}
	results, failed := []result{}, false
	for _, one := range tried {
		said := result{Name: one.Name, Kind: one.Kind, OK: one.Err == nil}
		if one.Err != nil {
			said.Problem, failed = one.Err.Error(), true
		}
		results = append(results, said)
	}
	if err := env.Show(results, func(p *command.Page) { show(p, results) }); err != nil {
		return err
	}
	if failed || len(results) == 0 {
		return command.ErrNo
	}
	return nil
}

func show(p *command.Page, results []result) {
	for _, one := range results {
		what := p.Good(p.Say(words.New("has taken the message")))
		if !one.OK {
			what = p.Bad(p.Translate(one.Problem))
		}
		p.Line("%s (%s): %s", one.Name, one.Kind, what)
	}
	if len(results) == 0 {
		p.Line("no robots: add some under robots of the app in the configuration")
	}
}
