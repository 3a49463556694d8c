package embedded

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

func TestWorkflowsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	s := mustStart(t, testConfig(dir))
	b := newBench(t, s.ClientOptions())
	b.start(t, "finished", outOrderNo.ValueSet("A-1"), auditAttempt.ValueSet(2))
	b.start(t, "running", outOrderNo.ValueSet("A-2"))
	b.say(t, "finished", "before")
	b.wantResult(t, "finished", "before")
	b.wantListed(t, `OutOrderNo = "A-1" AND AuditAttempt > 1`, "finished")
	b.wantListed(t, `HistoryLength > 0`, "finished") // by no index
	b.close()
	mustStop(t, s)

	b = newBench(t, mustStart(t, testConfig(dir)).ClientOptions())
	defer b.close()
	b.wantResult(t, "finished", "before")
	b.wantListed(t, `OutOrderNo = "A-2" AND ExecutionStatus = "Running"`, "running")
	b.say(t, "running", "after")
	b.wantResult(t, "running", "after")
}

// Temporal starts without a complaint on a store that can't hold a workflow.
func TestStartRefusesADamagedStore(t *testing.T) {
	cfg := testConfig(t.TempDir())
	files, _, err := prepare(t, cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	db := openSQLite(t, durable(files.temporal))
	if _, err := db.ExecContext(t.Context(), "DROP TABLE shards"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	s, err := Start(ctx, cfg)
	if err == nil {
		mustStop(t, s)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start: %v, want %v", err, context.DeadlineExceeded)
	}
	unlock, err := lock(cfg.Dir)
	if err != nil {
		t.Fatalf("the failed start left the directory locked: %v", err)
	}
	_ = unlock()
}

func TestTheNamespaceFollowsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(dir)
	s := mustStart(t, cfg)
	wantRetention(t, s, 90*24*time.Hour)
	b := newBench(t, s.ClientOptions())
	b.start(t, "old", outOrderNo.ValueSet("B-1"))
	b.close()
	mustStop(t, s)

	cfg.Retention = 40 * 24 * time.Hour
	cfg.SearchAttributes["AppId"] = enumspb.INDEXED_VALUE_TYPE_KEYWORD // sorts before OutOrderNo and must not take its column
	s = mustStart(t, cfg)
	wantRetention(t, s, 40*24*time.Hour)
	b = newBench(t, s.ClientOptions())
	defer b.close()
	// No waiting for caches: the first order after Start may carry the new one.
	b.start(t, "new", temporal.NewSearchAttributeKeyKeyword("AppId").ValueSet("2021"))
	b.wantListed(t, `AppId = "2021"`, "new")
	b.wantListed(t, `OutOrderNo = "B-1"`, "old")
	mustStop(t, s)

	cfg.SearchAttributes["AppId"] = enumspb.INDEXED_VALUE_TYPE_INT
	if other, err := Start(t.Context(), cfg); err == nil {
		mustStop(t, other)
		t.Error("a search attribute changed its type and nobody said so")
	}
}

func wantRetention(t *testing.T, s *Server, want time.Duration) {
	t.Helper()
	c, err := client.DialContext(t.Context(), s.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != want {
		t.Errorf("retention %s, want %s", got, want)
	}
}

func TestAServerWithoutTenantsHasNoLimits(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	c, err := client.DialContext(t.Context(), s.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// Temporal's default refuses the eleventh list of a second.
	for i := range 100 {
		_, err := c.WorkflowService().ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"})
		if err != nil {
			t.Fatalf("list %d: %v", i, err)
		}
	}
	queue, err := c.WorkflowService().ListTaskQueuePartitions(t.Context(), &workflowservice.ListTaskQueuePartitionsRequest{
		Namespace: "default",
		TaskQueue: &taskqueuepb.TaskQueue{Name: "any"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(queue.WorkflowTaskQueuePartitions); n != 1 {
		t.Errorf("%d partitions, want 1", n)
	}
}

func TestStartRefuses(t *testing.T) {
	busy, err := Listen(t.Context(), ":0", "--x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()

	tests := map[string]struct {
		change func(*Config)
		want   error
		flag   string // what the error tells to change
	}{
		"a frontend for the world":   {func(c *Config) { c.Frontend = "0.0.0.0:0" }, ErrNotLoopback, "--temporal"},
		"a UI for the world":         {func(c *Config) { c.UI = "[::]:0" }, ErrNotLoopback, "--ui"},
		"a frontend port in use":     {func(c *Config) { c.Frontend = busy.Addr().String() }, ErrInUse, "--temporal"},
		"a UI port in use":           {func(c *Config) { c.UI = busy.Addr().String() }, ErrInUse, "--ui"},
		"no directory":               {func(c *Config) { c.Dir = "" }, nil, "--data-dir"},
		"a directory below a device": {func(c *Config) { c.Dir = "/dev/null/data" }, nil, "--data-dir"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			dir := cfg.Dir
			tt.change(&cfg)
			s, err := Start(t.Context(), cfg)
			if err == nil {
				mustStop(t, s)
				t.Fatal("started")
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.flag) {
				t.Errorf("error %q does not name %s", err, tt.flag)
			}
			unlock, err := lock(dir)
			if err != nil {
				t.Fatalf("the refusal left the directory locked: %v", err)
			}
			_ = unlock()
		})
	}
}

func TestAPortTakenAtTheLastMomentIsAnError(t *testing.T) {
	thief, err := Listen(t.Context(), ":0", "--x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = thief.Close() }()
	at, err := resolve(thief.Addr().String(), flagTemporal)
	if err != nil {
		t.Fatal(err)
	}
	s, err := startTemporal(t.Context(), mustDefaults(t, testConfig(t.TempDir())), at, func(error) {})
	if err == nil {
		_ = s.stop()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Temporal on a port of somebody else: %v, want %v", err, syscall.EADDRINUSE)
	}
}

func mustDefaults(t *testing.T, cfg Config) Config {
	t.Helper()
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestAPartThatFailsIsReported(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	_ = s.ui.listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case err := <-s.Failed():
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("failed with %v, want %v", err, net.ErrClosed)
		}
	case <-ctx.Done():
		t.Fatal("nobody said that the UI is gone")
	}
}

func TestStopMayBeCalledTwice(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	mustStop(t, s)
	mustStop(t, s)
	select {
	case err := <-s.Failed():
		t.Errorf("a server that was stopped reports a failure: %v", err)
	default:
	}
}

func TestClientOptionsAreUncompressed(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	if _, ok := s.ClientOptions().ConnectionOptions.GrpcCompression.(*client.GrpcCompressionNone); !ok {
		t.Errorf("compression is %T", s.ClientOptions().ConnectionOptions.GrpcCompression)
	}
	if got := s.ClientOptions().HostPort; got != s.FrontendAddress() {
		t.Errorf("a client would go to %s, the frontend is at %s", got, s.FrontendAddress())
	}
}
