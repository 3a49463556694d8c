package door

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"miniflow/alipay"
	"miniflow/order"
	"miniflow/temporalio"
)

// frontend is a fake of Temporal's frontend: it records the request ids that the real SDK
// sends.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	mu     sync.Mutex
	ids    []string
	refuse int // how many of the next calls are refused
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) note(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = append(f.ids, id)
	if f.refuse > 0 {
		f.refuse--
		return serviceerror.NewUnavailable("not now")
	}
	return nil
}

func (f *frontend) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	return &workflowservice.SignalWorkflowExecutionResponse{}, f.note(r.GetRequestId())
}

func (f *frontend) SignalWithStartWorkflowExecution(_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "r"}, f.note(r.GetRequestId())
}

func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "r", Started: true}, f.note(r.GetRequestId())
}

// serveFrontend serves it on loopback and dials it as the program does.
func serveFrontend(t *testing.T, f *frontend) client.Client {
	t.Helper()
	listener := listenLoopback(t)
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		reply, err := next(ctx, r)
		return reply, serviceerror.ToStatus(err).Err()
	}))
	workflowservice.RegisterWorkflowServiceServer(server, f)
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return dialTemporal(t, listener.Addr().String())
}

func dialTemporal(t *testing.T, address string) client.Client {
	t.Helper()
	temporal, err := client.NewLazyClient(client.Options{
		HostPort:          address,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(temporalio.RequestIDs())}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	return temporal
}

func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// Through the real SDK one notification has one id, also over the SDK's retries, and two
// notifications have two ids.
func TestRequestIDsReachTemporal(t *testing.T) {
	f := &frontend{}
	router := NewRouter(serveFrontend(t, f), order.DefaultSchedules())
	for _, name := range []string{alipay.MessageMerchantConfirmed, alipay.MessageVersionAuditPassed, "alipay.open.new"} {
		n := notificationOf(name)
		variants := []order.Notification{n, n, n, n}
		variants[1].Digest = strings.Repeat("e", 64)
		variants[2].NotifyID = "n2"
		variants[3].AppID = "2021000000000002"
		seen := map[string]bool{}
		for i, variant := range variants {
			f.ids, f.refuse = nil, 0
			if i == 0 {
				f.refuse = 1
			}
			tries := f.refuse + 1
			if _, err := router.Accept(t.Context(), variant); err != nil {
				t.Fatal(err)
			}
			want := slices.Repeat([]string{temporalio.RequestIDOf(temporalio.WithRequestID(t.Context(), variant.NotificationKey))}, tries)
			if diff := cmp.Diff(want, f.ids); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
			seen[f.ids[0]] = true
		}
		if len(seen) != len(variants) {
			t.Errorf("%s: %d different notifications share ids", name, len(variants))
		}
	}
}

func TestOtherCallsKeepTheirRandomID(t *testing.T) {
	f := &frontend{}
	temporal := serveFrontend(t, f)
	for range 2 {
		if err := temporal.SignalWorkflow(t.Context(), "w", "", "s", nil); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Contains(f.ids, "") || f.ids[0] == f.ids[1] || strings.HasPrefix(f.ids[0], "notification-") {
		t.Errorf("ids %q", f.ids)
	}
}

// The worst Temporal accepts connections and never answers. The real SDK in front of it has
// to give up in time.
func TestSilentTemporalIsAnsweredInTime(t *testing.T) {
	listener := listenLoopback(t)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer func() { _ = connection.Close() }()
		}
	}()
	for name, address := range map[string]string{"silent": listener.Addr().String(), "nobody": closedPort(t)} {
		t.Run(name, func(t *testing.T) {
			router := NewRouter(dialTemporal(t, address), order.DefaultSchedules())
			s := openDoor(t, newDoorTemporal(), func(c *IntakeConfig) { c.Acceptor, c.Within = router, 200*time.Millisecond })
			began := time.Now()
			wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), http.StatusServiceUnavailable, "fail")
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
			if !errors.Is(s.intake.Check(t.Context()), ErrUnwell) {
				t.Error("readiness does not know")
			}
		})
	}
}

// closedPort returns an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener := listenLoopback(t)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
