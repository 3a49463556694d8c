package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

type configCommand struct {
	Check   configCheck   `cmd:"" help:"Read a configuration as serve would and say what is wrong with it."`
	Example configExample `cmd:"" help:"Print a commented example, in English and 简体中文."`
}

type configCheck struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

// Run checks a configuration.
func (c *configCheck) Run(out *surroundings) error {
	cfg, err := load(c.Config, out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.stdout, "%s: %d apps, %d API keys: it can be served\n", c.Config, len(cfg.Apps), len(cfg.APIKeys))
	return err
}

// load reads a configuration and every key in it.
func load(path string, out *surroundings) (*config.Config, error) {
	cfg, err := config.Load(path, out.getenv)
	if err != nil {
		return nil, err
	}
	if err := warn(cfg, out.stderr); err != nil {
		return nil, err
	}
	if err := service.Check(cfg); err != nil {
		return nil, err
	}
	return cfg, nil
}

// warn names the variables that look like settings and are none: a misspelt one
// would otherwise be missed silently.
func warn(cfg *config.Config, stderr io.Writer) error {
	flags, err := flagVariables()
	if err != nil {
		return err
	}
	environ := slices.DeleteFunc(os.Environ(), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(flags, name)
	})
	for _, problem := range cfg.UnknownVariables(environ) {
		if _, err := fmt.Fprintf(stderr, "miniflow: %s\n", problem); err != nil {
			return err
		}
	}
	return nil
}

// flagVariables lists the variables that stand for flags of a command.
func flagVariables() ([]string, error) {
	parser, err := kong.New(&commands{})
	if err != nil {
		return nil, err
	}
	var names []string
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Envs...)
		}
		return next(nil)
	})
	return names, err
}

type configExample struct{}

// Run prints the example.
func (c *configExample) Run(out *surroundings) error {
	_, err := out.stdout.Write(config.Example())
	return err
}
