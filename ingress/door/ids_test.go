package door

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"miniflow/alipay"
	"miniflow/order"
	"miniflow/temporalio"
)

// anyServer accepts every start and signal. The client in front of it is the real one, which
// has rules of its own about what it sends.
type anyServer struct {
	workflowservice.UnimplementedWorkflowServiceServer
	mu      sync.Mutex
	started []string
}

func (s *anyServer) start(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = append(s.started, id)
	return "run"
}

func (s *anyServer) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (s *anyServer) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return &workflowservice.StartWorkflowExecutionResponse{RunId: s.start(r.GetWorkflowId()), Started: true}, nil
}

func (s *anyServer) SignalWithStartWorkflowExecution(_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: s.start(r.GetWorkflowId()), Started: true}, nil
}

// realClient returns Temporal's own client in front of a server that accepts everything.
func realClient(t *testing.T) (client.Client, *anyServer) {
	t.Helper()
	listener, server, taken := bufconn.Listen(1<<20), grpc.NewServer(), &anyServer{}
	workflowservice.RegisterWorkflowServiceServer(server, taken)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	dialled, err := client.DialContext(t.Context(), client.Options{HostPort: "passthrough:///temporal", ConnectionOptions: client.ConnectionOptions{
		DialOptions: []grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(temporalio.RequestIDs()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		dialled.Close()
		server.Stop()
		serving.Wait()
	})
	return dialled, taken
}

// TestAMessageWhoseIDsAreNoPlainTextIsTaken guards against a loss: Temporal's client sends no
// workflow id that a gRPC header can't hold, so such a message was once answered fail eight
// times and lost.
func TestAMessageWhoseIDsAreNoPlainTextIsTaken(t *testing.T) {
	verdict := func(miniAppID string) params {
		return standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+miniAppID+`"}`)
	}
	for name, c := range map[string]struct {
		message params
		kind    string
	}{
		"notify_id in Chinese":         {standard("alipay.open.new", `{}`).with("notify_id", "编号１"), "delivery/"},
		"notify_id with a line break":  {standard("alipay.open.new", `{}`).with("notify_id", "n\r\n1"), "delivery/"},
		"notify_id with a slash":       {standard("alipay.open.new", `{}`).with("notify_id", "n/copy"), "delivery/"},
		"notify_id of an unreadable":   {standard("alipay.open.new", `{`).with("notify_id", "编号１"), "delivery/"},
		"mini_app_id in Chinese":       {verdict("小程序"), "mini-program/"},
		"mini_app_id with a blank":     {verdict("2021 "), "mini-program/"},
		"auth_app_id in Chinese":       {authorised(granted).with("biz_content", `{"detail":{"app_auth_token":"T1","auth_app_id":"小程序"}}`), "mini-program/"},
		"out_biz_no of no order here":  {authorised(strings.ReplaceAll(granted, "OUT1", "订单")), "mini-program/"},
		"out_order_no of no order":     {standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"订单"}`), "delivery/"},
		"both, of one that is revoked": {standard(alipay.MessageAppAuthCancelled, `{"app_auth_token":"T","auth_app_id":"小程序"}`).with("notify_id", "编号"), "mini-program/"},
	} {
		t.Run(name, func(t *testing.T) {
			temporal, server := realClient(t)
			s := openDoor(t, newDoorTemporal(), func(c *IntakeConfig) { c.Acceptor = NewRouter(temporal, order.DefaultSchedules()) })
			wantAnswer(t, s.post(c.message.signed(t, doorKeys().alipay)), 200, "success")
			if len(server.started) != 1 || !strings.HasPrefix(server.started[0], c.kind+doorApp+"/") {
				t.Errorf("started %q: %s", server.started, s.log)
			}
		})
	}
}

// TestAnIDThatIsNoPlainTextIsTheSameEverywhere checks that the API finds a message by the id
// that a list shows, and that no search attribute has a value that a database refuses.
func TestAnIDThatIsNoPlainTextIsTheSameEverywhere(t *testing.T) {
	message := standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"小 程"}`).with("notify_id", "编号")
	n := translated(t, message)
	if n.NotifyID != order.PlainID("编号") || n.MiniAppID != order.PlainID("小 程") {
		t.Errorf("kept as %q and %q", n.NotifyID, n.MiniAppID)
	}
	if other := translated(t, message.with("notify_id", "编号二")); other.NotifyID == n.NotifyID {
		t.Error("two messages share an id")
	}
}
