// Package config is `miniflow config`, which checks a configuration or prints an
// example.
package config

import (
	"errors"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/settings"
	"miniflow/internal/config"
)

// Command is `miniflow config`. Both halves work on a machine that reaches nothing, such as a
// pipeline that builds an image.
type Command struct {
	Check   check   `cmd:"" help:"Read a configuration as serve would and say what is wrong with it."`
	Example example `cmd:"" help:"Print a commented example, in English and 简体中文."`
}

type check struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

// Checked is the answer of `config check` that a pipeline reads; a no is an answer too, so it
// has the same form.
type Checked struct {
	OK      bool   `json:"ok"`
	Config  string `json:"config"`
	Apps    int    `json:"apps"`
	APIKeys int    `json:"api_keys"`
	// Problems are all that is wrong, each with its place, so that a file is corrected in one
	// go.
	Problems []string `json:"problems"`
}

// Run checks a configuration: its fields, and the keys in the files that it names. Alipay and
// Temporal are left to doctor, so this runs where neither can be reached.
func (c *check) Run(env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return c.refused(env, err)
	}
	v := Checked{OK: true, Config: c.Config, Apps: len(cfg.Apps), APIKeys: len(cfg.APIKeys), Problems: []string{}}
	return env.Show(v, func(p *command.Page) {
		p.Line("%s: %d apps, %d API keys: it can be served", v.Config, v.Apps, v.APIKeys)
	})
}

// refused says what is wrong: people read it where every error stands, programs as the
// answer no. A file that is not there is neither, since nothing was judged.
func (c *check) refused(env *command.Env, err error) error {
	if !env.JSON || command.IsUsage(err) {
		return err
	}
	v := Checked{Config: c.Config, Problems: []string{err.Error()}}
	// A key that can't be read is one error; fields are a list, each with its line.
	var problems config.Problems
	if errors.As(err, &problems) {
		v.Problems = v.Problems[:0]
		for _, problem := range problems {
			v.Problems = append(v.Problems, problem.String())
		}
	}
	// Without a page: text has left above, by the error.
	return errors.Join(env.Show(v, nil), command.ErrNo)
}

type example struct{}

// Run prints the example, byte by byte: it is redirected into the first configuration.
func (c *example) Run(env *command.Env) error {
	// With --output json the example is a text inside of JSON: every output there has to be JSON.
	printed := map[string]string{"example": string(config.Example())}
	return env.Show(printed, func(p *command.Page) { p.Raw(config.Example()) })
}
