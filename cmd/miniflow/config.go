package main

import (
	"errors"
	"fmt"
	"io/fs"
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

// checkedView is what `config check` answers.
type checkedView struct {
	OK      bool   `json:"ok"`
	Config  string `json:"config"`
	Apps    int    `json:"apps"`
	APIKeys int    `json:"api_keys"`
	// Problems are all that is wrong, each with its place.
	Problems []string `json:"problems"`
}

// Run checks a configuration.
func (c *configCheck) Run(out *surroundings) error {
	cfg, err := load(c.Config, out)
	if err != nil {
		return c.refused(out, err)
	}
	v := checkedView{OK: true, Config: c.Config, Apps: len(cfg.Apps), APIKeys: len(cfg.APIKeys), Problems: []string{}}
	return out.show(v, func(p *page) { p.line("%s: %d apps, %d API keys: it can be served", v.Config, v.Apps, v.APIKeys) })
}

// refused says what is wrong: people read it where every error stands, programs as
// the answer no.
func (c *configCheck) refused(out *surroundings, err error) error {
	if !out.json || codeOf(err) == exitUsage {
		return err
	}
	v := checkedView{Config: c.Config, Problems: []string{err.Error()}}
	var problems config.Problems
	if errors.As(err, &problems) {
		v.Problems = v.Problems[:0]
		for _, problem := range problems {
			v.Problems = append(v.Problems, problem.String())
		}
	}
	return errors.Join(out.show(v, nil), errNo)
}

// load reads a configuration and every key in it.
func load(path string, out *surroundings) (*config.Config, error) {
	cfg, err := config.Load(path, out.getenv)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, usageError{err} // there is nothing to judge
	}
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
	example := map[string]string{"example": string(config.Example())}
	return out.show(example, func(p *page) { _, p.err = p.w.Write(config.Example()) })
}
