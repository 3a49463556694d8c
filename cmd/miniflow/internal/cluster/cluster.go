// Package cluster reaches the Temporal cluster that Temporal's own environment
// variables and profiles name, as Temporal's own programs do.
package cluster

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"miniflow/temporalio"
)

// Dial reaches the cluster, and returns the namespace that the environment names too. The
// namespace need not exist yet, because setup makes it.
func Dial(ctx context.Context, log *slog.Logger, metrics client.MetricsHandler) (client.Client, string, error) {
	options, err := Options(log)
	if err != nil {
		return nil, "", err
	}
	options.MetricsHandler = metrics
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, "", fmt.Errorf("reach Temporal at %s: %w; set TEMPORAL_ADDRESS, or a profile of Temporal's own configuration", options.HostPort, err)
	}
	return temporal, options.Namespace, nil
}

// Lazy returns a client that reaches the cluster when it is first used, for a process that can
// begin without.
func Lazy(log *slog.Logger, metrics client.MetricsHandler) (client.Client, string, error) {
	options, err := Options(log)
	if err != nil {
		return nil, "", err
	}
	options.MetricsHandler = metrics
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return nil, "", fmt.Errorf("make a client for Temporal at %s: %w", options.HostPort, err)
	}
	return temporal, options.Namespace, nil
}

// Options returns what Temporal's environment variables and profiles say, so that one place
// names the cluster for Temporal's tools and for Miniflow.
func Options(log *slog.Logger) (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return options, fmt.Errorf("read Temporal's connection from its environment: %w; look at the TEMPORAL_… variables and the file of TEMPORAL_CONFIG_FILE", err)
	}
	// The loader leaves empty what is set nowhere. Both are filled in here, so that a message names
	// what was meant and not "".
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	options.Logger = sdklog.NewStructuredLogger(log)
	// The door's signals carry the notification's own request id, so that a repeat costs Temporal no
	// second event.
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		grpc.WithChainUnaryInterceptor(temporalio.RequestIDs()))
	return options, nil
}
