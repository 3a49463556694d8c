// Package settings reads the configuration as every command of the program reads it:
// with its keys, and with a word about variables that look like settings and are not.
package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
)

// Load reads a configuration and every key in it. Warnings go to standard error, where a pipe
// that reads the result does not meet them.
func Load(path string, env *command.Env) (*config.Config, error) {
	cfg, err := config.Load(path, env.Getenv)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, command.AsUsage(err) // there is nothing to judge
	}
	if err != nil {
		return nil, err
	}
	// Before the keys are judged: a misspelt variable may be why one of them is missing.
	if err := warn(cfg, env); err != nil {
		return nil, err
	}
	warnings, err := service.Check(cfg)
	if err != nil {
		return nil, err
	}
	for _, warning := range warnings {
		if err := env.Note("warning: %s", env.Translate(warning.String())); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// warn names the variables that look like settings and are not: nobody would notice a
// misspelt one otherwise.
func warn(cfg *config.Config, env *command.Env) error {
	for _, problem := range cfg.UnknownVariables(os.Environ()) {
		if env.HasVariable(strings.TrimPrefix(problem.Where, "variable ")) {
			continue // it is the command line's
		}
		if err := env.Note("%s", env.Translate(problem.String())); err != nil {
			return err
		}
	}
	return nil
}

// NewLogger returns the logger that the configuration asks for. It has colours only on a
// terminal, because a collector would keep their codes.
func NewLogger(w io.Writer, cfg *config.Config, getenv func(string) string) (*slog.Logger, error) {
	file, isFile := w.(*os.File)
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	return telemetry.NewLogger(w, telemetry.LogOptions{
		Format: telemetry.Format(cfg.Log.Format), Level: level,
		Terminal: isFile && telemetry.IsTerminal(file, getenv),
	})
}
