#!/usr/bin/env bash
# go.temporal.io/server v1.32.1: STARTS_WITH in a visibility query ignores the case of letters on
# SQLite, and heeds it on PostgreSQL.
#
# The dev server stands on SQLite, so a search that was tried there finds less on a cluster.
#
# Needs Debian's package postgresql; its own service is neither needed nor touched. The first
# run compiles Temporal's server, for minutes.
#
# Seen: "sqlite: listed 1, <nil>" and "postgresql: listed 0, <nil>" for STARTS_WITH 'shop' and a
# workflow Shop-7. Fails when that changes.
set -euo pipefail
bin="$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)"
place="$(mktemp -d)"
chmod 755 "$place"
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
stop() {
	if [ -n "${postgres:-}" ]; then kill -INT "$postgres" && wait "$postgres" || true; fi
	chmod -R u+w "$place"
	rm -rf "$place"
}
trap stop EXIT
cd "$place"
mkdir database
if [ "$(id -u)" = 0 ]; then chown postgres: database; fi
"${as[@]}" "$bin/initdb" -D "$place/database" -U temporal --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"${as[@]}" "$bin/postgres" -D "$place/database" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>postgres.log &
postgres=$!
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do kill -0 "$postgres"; done
cat >go.mod <<'MOD'
module finding

go 1.26

require (
	go.temporal.io/api v1.63.5
	go.temporal.io/sdk v1.50.0
	go.temporal.io/server v1.32.1
	google.golang.org/grpc v1.83.2
	google.golang.org/protobuf v1.36.12
)
MOD
cat >finding_test.go <<'GO'
package finding

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/temporaltest"
	"go.temporal.io/server/tools/sql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestCase(t *testing.T) {
	sqlite := temporaltest.NewServer(temporaltest.WithT(t))
	onSQLite, errSQLite := listed(t, "sqlite", sqlite.GetFrontendHostPort(), sqlite.GetDefaultClient(), sqlite.GetDefaultNamespace())
	address, onPostgres := onPostgreSQL(t)
	onPostgreSQL, errPostgreSQL := listed(t, "postgresql", address, onPostgres, namespace)
	if errSQLite != nil || onSQLite != 1 || errPostgreSQL != nil || onPostgreSQL != 0 {
		t.Fatal("that has changed")
	}
}

// listed starts a workflow whose id begins with a capital, and lists it by the small letter.
func listed(t *testing.T, store, address string, temporal client.Client, namespace string) (int, error) {
	const id = "Shop-7"
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	bare := workflowservice.NewWorkflowServiceClient(connection) // the SDK's tries again until its time is over
	list := func(query string) (int, error) {
		page, err := bare.ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, Query: query})
		return len(page.GetExecutions()), err
	}
	eventually(t, func() error {
		_, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, "story")
		return err
	})
	eventually(t, func() error {
		count, err := list("WorkflowId STARTS_WITH 'Shop'")
		if err == nil && count != 1 {
			err = errors.New("it is not listed yet")
		}
		return err
	})
	count, err := list("WorkflowId STARTS_WITH 'shop'")
	t.Logf("%s: listed %d, %v", store, count, err)
	return count, err
}

const namespace = "finding"

// onPostgreSQL starts Temporal's server, all services in this process, on two empty databases.
func onPostgreSQL(t *testing.T) (address string, _ client.Client) {
	at := net.JoinHostPort("127.0.0.1", os.Getenv("POSTGRES_PORT"))
	store := func(database, schema string) config.DataStore {
		tool := func(args ...string) {
			connect := []string{"sql", "--plugin", "postgres12_pgx", "--ep", "127.0.0.1", "-p", os.Getenv("POSTGRES_PORT"), "-u", "temporal", "--db", database}
			if err := sql.RunTool(append(connect, args...)); err != nil {
				t.Fatalf("%v: %v", args, err)
			}
		}
		tool("create-database")
		tool("setup-schema", "-v", "0.0")
		tool("update-schema", "--schema-name", schema)
		return config.DataStore{SQL: &config.SQL{
			PluginName: "postgres12_pgx", DatabaseName: database, ConnectAddr: at, ConnectProtocol: "tcp", User: "temporal",
			MaxConns: 10, MaxIdleConns: 10,
		}}
	}
	hosts, services := map[primitives.ServiceName]static.Hosts{}, map[string]config.Service{}
	for _, service := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService, primitives.FrontendService} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := listener.Addr().(*net.TCPAddr).Port
		_ = listener.Close()
		hosts[service] = static.SingleLocalHost(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: "127.0.0.1"}}
	}
	frontend := net.JoinHostPort("127.0.0.1", strconv.Itoa(services["frontend"].RPC.GRPCPort))
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices), temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewNoopLogger()), temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithConfig(&config.Config{
			Persistence: config.Persistence{
				DefaultStore: "default", VisibilityStore: "visibility", NumHistoryShards: 1,
				DataStores: map[string]config.DataStore{
					"default":    store("temporal", "postgresql/v12/temporal"),
					"visibility": store("temporal_visibility", "postgresql/v12/visibility"),
				},
			},
			ClusterMetadata: &cluster.Config{
				FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
				ClusterInformation: map[string]cluster.ClusterInformation{
					"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
				},
			},
			DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
			PublicClient:        config.PublicClient{HostPort: frontend},
			Archival: config.Archival{
				History: config.HistoryArchival{State: "disabled"}, Visibility: config.VisibilityArchival{State: "disabled"},
			},
			NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
				History: config.HistoryArchivalNamespaceDefaults{State: "disabled"}, Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
			}},
			Services: services,
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	connected, err := client.NewLazyClient(client.Options{HostPort: frontend, Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connected.Close)
	eventually(t, func() error {
		_, err := connected.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
			Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
		})
		return err
	})
	return frontend, connected
}

// eventually tries until it works: a server needs a moment, and so do its lists.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for left := 60; ; left-- {
		err := try()
		if err == nil {
			return
		}
		if left == 0 {
			t.Fatal(err)
		}
		<-ticker.C
	}
}
GO
go mod tidy >/dev/null 2>&1
POSTGRES_PORT="$port" go test -count=1 -v -run TestCase . | grep -E 'listed|changed|finding_test\.go|^(ok|FAIL|---)'
