package settings

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/cluster"
	"miniflow/internal/config"
)

// Temporal is the cluster for a command that speaks to it and ends.
type Temporal struct {
	client.Client
	Namespace string
	// Log is the one that a configuration wants.
	Log *slog.Logger
}

// Reach reaches the cluster. Close it.
func Reach(ctx context.Context, env *command.Env, cfg *config.Config) (Temporal, error) {
	log, err := NewLogger(env.Stderr, cfg, env.Getenv)
	if err != nil {
		return Temporal{}, err
	}
	temporal, namespace, err := cluster.Dial(ctx, log, nil) // nobody scrapes a command that ends
	return Temporal{temporal, namespace, log}, err
}
