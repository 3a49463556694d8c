package main

import (
	"fmt"
	"os"
	"strings"

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
	if err := warn(cfg, out); err != nil {
		return nil, err
	}
	warnings, err := service.Check(cfg)
	if err != nil {
		return nil, err
	}
	for _, warning := range warnings {
		if _, err := fmt.Fprintf(out.stderr, "miniflow: warning: %s\n", warning); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// warn names the variables that look like settings and are none: a misspelt one
// would otherwise be missed silently.
func warn(cfg *config.Config, out *surroundings) error {
	for _, problem := range cfg.UnknownVariables(os.Environ()) {
		if out.variables[strings.TrimPrefix(problem.Where, "variable ")] {
			continue // it is the command line's
		}
		if _, err := fmt.Fprintf(out.stderr, "miniflow: %s\n", problem); err != nil {
			return err
		}
	}
	return nil
}

type configExample struct{}

// Run prints the example.
func (c *configExample) Run(out *surroundings) error {
	_, err := out.stdout.Write(config.Example())
	return err
}
