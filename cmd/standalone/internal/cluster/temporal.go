package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"miniflow/cmd/internal/command"
)

// Names of Temporal's processes. Its own worker is not one of Miniflow's.
const (
	Frontend       = "frontend"
	HistoryOne     = "history-1"
	HistoryTwo     = "history-2"
	Matching       = "matching"
	TemporalWorker = "temporal-worker"
)

// services are Temporal's processes in the order of their start, each with the service that it runs
// and the name under which that tells its health.
var services = []struct{ name, service, health string }{
	{HistoryOne, "history", "HistoryService"},
	{HistoryTwo, "history", "HistoryService"},
	{Matching, "matching", "MatchingService"},
	{Frontend, "frontend", "WorkflowService"},
	{TemporalWorker, "worker", "WorkerService"},
}

// Namespace is where Miniflow's workflows are: the one that Temporal's tools take when none is
// given, as in the standalone.
const Namespace = "default"

// newTemporal writes a configuration for each process.
func (c *Cluster) newTemporal() error {
	dynamic := map[string]any{}
	for key, value := range c.options.Dynamic {
		dynamic[key] = []any{map[string]any{"value": value}}
	}
	if err := c.write("temporal-dynamic.yaml", dynamic); err != nil {
		return err
	}
	for _, s := range services {
		if err := c.write(s.name+".yaml", c.serverConfig(s.name, s.service)); err != nil {
			return err
		}
		c.add(&process{
			name: s.name, program: filepath.Join(c.programs, serverProgram), dir: c.path(),
			args:   []string{"--config-file", c.path(s.name + ".yaml"), "--allow-no-auth", "start", "--service", s.service},
			ending: syscall.SIGTERM, orphaned: syscall.SIGKILL,
			ready: func(ctx context.Context) error { return serves(ctx, c.ports.at(s.name), s.health) },
		})
	}
	return nil
}

// serverConfig is the configuration of one of Temporal's processes. JSON is YAML too, and has no
// quotes that a path could break out of.
func (c *Cluster) serverConfig(name, service string) map[string]any {
	type m = map[string]any
	store := func(database string, connections int) m {
		return m{"sql": m{
			"pluginName": "postgres12_pgx", "databaseName": database, "connectAddr": c.database.at, "connectProtocol": "tcp",
			"user": databaseUser, "password": c.database.password,
			"maxConns": connections, "maxIdleConns": connections, "maxConnLifetime": "1h",
		}}
	}
	// A process has to know every service, and finds out from the others where these listen; what it
	// opens is its own.
	listening := m{}
	for _, s := range slices.Backward(services) {
		listening[s.service] = c.rpc(s.name)
	}
	listening[service] = c.rpc(name)
	disabled := m{"state": "disabled"}
	return m{
		"log": m{"stdout": true, "level": "warn"},
		"persistence": m{
			"defaultStore": "temporal", "visibilityStore": "visibility", "numHistoryShards": c.options.Shards,
			"datastores": m{"temporal": store("temporal", 20), "visibility": store("temporal_visibility", 10)},
		},
		"global":   m{"membership": m{"maxJoinDuration": "30s", "broadcastAddress": thisMachine}},
		"services": listening,
		"clusterMetadata": m{
			"enableGlobalNamespace": false, "failoverVersionIncrement": 10,
			"masterClusterName": "active", "currentClusterName": "active",
			"clusterInformation": m{"active": m{
				"enabled": true, "initialFailoverVersion": 1, "rpcName": "frontend", "rpcAddress": c.Frontend(),
			}},
		},
		"dcRedirectionPolicy": m{"policy": "noop"},
		"publicClient":        m{"hostPort": c.Frontend()},
		"archival":            m{"history": disabled, "visibility": disabled},
		"namespaceDefaults":   m{"archival": m{"history": disabled, "visibility": disabled}},
		"dynamicConfigClient": m{"filepath": c.path("temporal-dynamic.yaml"), "pollInterval": "10s"},
	}
}

func (c *Cluster) rpc(name string) map[string]any {
	return map[string]any{"rpc": map[string]any{"grpcPort": c.ports[name], "membershipPort": c.ports[memberOf(name)], "bindOnIP": thisMachine}}
}

// memberOf is the name of the port on which a process finds the others.
func memberOf(name string) string { return name + " membership" }

// write writes a configuration, readable by its owner alone: it may hold the database's password.
func (c *Cluster) write(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return command.WriteWhole(c.path(name), append(text, '\n'))
}

// listens reports whether a process has opened its port, which one of Temporal's does after it has
// written what it has to.
func listens(ctx context.Context, at string) error {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	return connection.Close()
}

// serves asks one of Temporal's processes for its health. History says that it serves some seconds
// after it has taken its shards.
func serves(ctx context.Context, at, service string) error {
	connection, err := grpc.NewClient(at, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }() // it has answered
	answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{
		Service: "temporal.api.workflowservice.v1." + service,
	})
	if err == nil && answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		err = fmt.Errorf("its health is %s", answer.GetStatus())
	}
	return err
}

// ClientOptions are those of a client of this cluster, free to be extended. What the client logs is
// dropped.
func (c *Cluster) ClientOptions() client.Options {
	return client.Options{
		HostPort: c.Frontend(), Namespace: Namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}},
	}
}

// answersEverywhere asks for a workflow in each of many shards: only then has history taken all of
// them, on both hosts.
func (c *Cluster) answersEverywhere(ctx context.Context) error {
	temporal, err := client.NewLazyClient(c.ClientOptions())
	if err != nil {
		return err
	}
	defer temporal.Close()
	for i := range 2 * c.options.Shards {
		_, err := temporal.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			// Temporal's own namespace: another one may not be there yet.
			Namespace: "temporal-system", Execution: &commonpb.WorkflowExecution{WorkflowId: "is-it-there-" + strconv.Itoa(i)},
		})
		var missing *serviceerror.NotFound
		if !errors.As(err, &missing) {
			return fmt.Errorf("history: %w", err)
		}
	}
	return nil
}
