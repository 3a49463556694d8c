package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	// readyTimeout is generous: a start takes a second on an idle machine, and a
	// laptop that has just woken up is not one.
	readyTimeout  = 60 * time.Second
	readyInterval = 20 * time.Millisecond
)

// temporalServer is Temporal's four services in this process; level goes with it, because
// stopping them is loud.
type temporalServer struct {
	server temporal.Server
	level  *slog.LevelVar
}

// startTemporal makes the files when they are missing and starts the services
// on them. fatal hears of a service that gives up while it runs.
func startTemporal(ctx context.Context, cfg Config, frontend netip.AddrPort, fatal func(error)) (*temporalServer, error) {
	files := storesIn(cfg.Dir)
	if err := files.prepare(ctx, cfg.Logger); err != nil {
		return nil, err
	}
	if err := ensureNamespace(ctx, durable(files.temporal), cfg); err != nil {
		return nil, err
	}
	return launch(files, hostsFor(frontend), newServerLog(cfg.Logger, fatal))
}

// launch takes no context: Temporal bounds its start by itself, and one that was
// abandoned half way would go on writing to the files.
func launch(files stores, hosts map[primitives.ServiceName]netip.AddrPort, logger serverLog) (*temporalServer, error) {
	server, err := build(files, hosts, logger)
	if err != nil {
		return nil, fmt.Errorf("build the embedded Temporal: %w", err)
	}
	// From here on its warnings are about what runs.
	logger.level.Set(levelRunning)
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start the embedded Temporal: %w", err)
	}
	// The level goes along, for stop to lower it: see levelStopping.
	return &temporalServer{server: server, level: logger.level}, nil
}

// build also opens the ports, and catches what serverLog.Fatal throws when one
// of them was taken in the moment since it was found free.
func build(files stores, hosts map[primitives.ServiceName]netip.AddrPort, logger serverLog) (_ temporal.Server, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			var ok bool
			if err, ok = thrown.(gaveUp); !ok {
				panic(thrown)
			}
		}
	}()
	return temporal.NewServer(
		temporal.WithConfig(serverConfig(files, hosts)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(hosts)),
		temporal.WithDynamicConfigClient(limits()),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
	)
}

// stop lets the services end in their own order. What they say meanwhile of each other's end
// is left out of the log.
func (t *temporalServer) stop() error {
	t.level.Set(levelStopping)
	if err := t.server.Stop(); err != nil {
		return fmt.Errorf("stop the embedded Temporal: %w", err)
	}
	return nil
}

// hostsFor gives the services behind the frontend ports of their own; nobody
// outside this process needs to know them.
func hostsFor(frontend netip.AddrPort) map[primitives.ServiceName]netip.AddrPort {
	hosts := map[primitives.ServiceName]netip.AddrPort{primitives.FrontendService: frontend}
	for _, s := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService} {
		// The frontend's own address, which is loopback: the inner services have no authentication
		// either.
		hosts[s] = netip.AddrPortFrom(frontend.Addr(), freePort())
	}
	return hosts
}

// staticHosts replaces Temporal's gossip, which needs ports and time to agree
// on what is known here.
func staticHosts(hosts map[primitives.ServiceName]netip.AddrPort) map[primitives.ServiceName]static.Hosts {
	out := make(map[primitives.ServiceName]static.Hosts, len(hosts))
	for service, at := range hosts {
		out[service] = static.SingleLocalHost(at.String())
	}
	return out
}

// serverConfig leaves out everything that is for several machines: archival, replication,
// redirection.
func serverConfig(files stores, hosts map[primitives.ServiceName]netip.AddrPort) *config.Config {
	const temporalStore, visibilityStore, disabled = "temporal", "visibility", "disabled"
	frontend := hosts[primitives.FrontendService].String()
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:    temporalStore,
			VisibilityStore: visibilityStore,
			// One file has one writer; more shards only add work.
			NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{
				temporalStore:   {SQL: durable(files.temporal)},
				visibilityStore: {SQL: durable(files.visibility)},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
		}},
		Services: make(map[string]config.Service, len(hosts)),
	}
	for service, at := range hosts {
		cfg.Services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: int(at.Port()), BindOnIP: at.Addr().String()}}
	}
	return cfg
}

// WorkflowCache is how many workflows the server keeps in memory, and how many the workers of the
// process do, which share one cache with the server's own.
const WorkflowCache = 512

// deletableAfter is how long after its end an execution may be deleted.
const deletableAfter = 5 * time.Second

// limits are Temporal's dynamic configuration. Its rate limits protect a shared
// cluster from one tenant; here the only tenant is the owner of the machine, and
// a limit met is an order that waits for no reason.
func limits() dynamicconfig.StaticClient {
	const unlimited = 100_000
	return dynamicconfig.StaticClient{
		dynamicconfig.FrontendRPS.Key():                                  unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():           unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): unlimited, // 10 a second unless told otherwise
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.HistoryRPS.Key():                                   unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                     unlimited,
		dynamicconfig.MatchingRPS.Key():                                  unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.VisibilityPersistenceMaxReadQPS.Key():              unlimited,
		dynamicconfig.VisibilityPersistenceMaxWriteQPS.Key():             unlimited,

		// One partition: a task is found by the first poller that asks (p99 of an
		// order's step 0.7 s instead of 1.9 s).
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// Defaults are meant for hosts with 128,000 workflows in memory. Here memory is for what
		// acts, and what sleeps is read again when it wakes, which takes milliseconds.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): WorkflowCache,
		dynamicconfig.WorkerStickyCacheSize.Key():        WorkflowCache,

		// An execution that has closed is deleted only once these queues have noted how far they are, which
		// they do every 30 s unless told otherwise: a merchant's purge would take minutes.
		dynamicconfig.TransferProcessorUpdateAckInterval.Key():   deletableAfter,
		dynamicconfig.VisibilityProcessorUpdateAckInterval.Key(): deletableAfter,

		// Off unless told otherwise. Here an operator can try what it does to an order.
		dynamicconfig.WorkflowPauseEnabled.Key(): true,

		// It would call home, and a program on a laptop calls nobody unasked.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
}

// waitReady returns when a question has gone all the way through frontend and
// history to the files and back. The services start without it: history takes
// its shard in the background, and when the store is damaged it never does.
func waitReady(ctx context.Context, options client.Options) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	// Lazy: a client that dials at once fails at the first refusal, and the loop is here to ask
	// again.
	c, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("ask the embedded Temporal whether it is ready: %w", err)
	}
	defer c.Close()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		_, err := c.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: options.Namespace,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "is-the-server-ready"},
		})
		var notFound *serviceerror.NotFound
		// Nobody has a workflow of that name; that history says so is the proof.
		if err == nil || errors.As(err, &notFound) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the embedded Temporal is not ready: %w; the log says why, the last answer was: %w", context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}
