package bench

import (
	"context"
	"crypto/rand"
	"debug/buildinfo"
	"encoding/hex"
	"errors"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/report"
	"miniflow/cmd/miniflow/internal/bench/scenario"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// subject is a program, or a running system, that is measured in every round.
type subject struct {
	report.System
	command *Command
	access  system.Access
	running system.Addresses // of a running one
}

// subjects are the baseline, where there is one, and what is measured.
func (c *Command) subjects(env *command.Env) ([]*subject, error) {
	access, err := c.access(env)
	if err != nil {
		return nil, err
	}
	if c.Addresses != "" {
		at, err := system.ReadAddresses(c.Addresses)
		return []*subject{{System: report.System{Name: at.API}, command: c, access: access, running: at}}, err
	}
	var all []*subject
	for _, one := range []struct{ name, program string }{{"baseline", c.Baseline}, {"fresh", c.Fresh}} {
		if one.program == "" {
			continue
		}
		version, err := versionOf(one.program)
		if err != nil {
			return nil, err
		}
		all = append(all, &subject{System: report.System{Name: one.name, Program: one.program, Version: version}, command: c, access: access})
	}
	return all, nil
}

// versionOf reads what Go has written into a program about where it was built from, which an
// older one can't be asked.
func versionOf(program string) (string, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "", command.Usagef("%w; build a standalone with `go -C cmd/standalone build -o FILE .`", err)
	}
	version := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			version = setting.Value
		}
	}
	return version, nil
}

// measure runs a scenario once. A fresh system is made for it, so that it is not burdened by what
// another has left.
func (s *subject) measure(ctx context.Context, env *command.Env, one scenario.Scenario, round *report.Round) (err error) {
	at, sizes := s.running, s.command.sizes()
	if s.Program != "" {
		if !one.Fast {
			sizes.Speed = 1
		}
		fresh, err := system.Start(ctx, s.Program, s.command.DataDir, sizes.Speed)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, fresh.End()) }()
		at = fresh.Addresses
	}
	on, err := system.Open(ctx, at, s.access)
	if err != nil {
		return err
	}
	defer on.Close()
	if s.Temporal, err = on.TemporalVersion(ctx); err != nil {
		return err
	}
	return one.Run(ctx, on, sizes, newRun(), round, func(format string, args ...any) {
		// A measurement is worth more than a line about it that can't be written.
		_ = env.Note(format, args...)
	})
}

// newRun is a name that no other run has, and that fits into an order's number.
func newRun() string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(random)
}
