package activities_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"miniflow/activities"
	"miniflow/order"
)

// TestADeliveryStartsOnce, and a message whose id another has taken is kept beside it.
func TestADeliveryStartsOnce(t *testing.T) {
	h := newFakeTemporal()
	d := withTemporal(t, h)
	first, impostor := message(), message()
	impostor.Digest = "bbbbbbbbbbbbbbbb"
	for _, n := range []order.Notification{first, first, impostor, impostor} {
		if _, err := d.try(activities.StartDelivery.Name, delivery(n)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]order.Disposition{}
	for id, one := range h.workflows {
		input, _ := one.input.(order.DeliveryInput)
		got[id] = input.Disposition
	}
	want := map[string]order.Disposition{
		order.DeliveryWorkflowID(appID, "n1"):              "",
		order.ConflictWorkflowID(impostor.NotificationKey): order.DispositionConflict,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

// TestAStartThatIsRefusedForGoodIsNotTriedForEver: an entity that waited for it
// would hear nothing else again.
func TestAStartThatIsRefusedForGoodIsNotTriedForEver(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		forGood bool
	}{
		"an argument that is none":         {serviceerror.NewInvalidArgument("blob size exceeds limit"), true},
		"an id that the client won't send": {unsendable(t), true},
		"a call that the server lacks":     {serviceerror.NewUnimplemented("no such method"), true},
		"a server that is down":            {errDown, false},
		"a server that stumbles":           {serviceerror.NewInternal("shard moved"), false},
		"a server that is busy":            {serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "busy"), false},
		"a namespace that comes":           {serviceerror.NewNamespaceNotFound("default"), false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeTemporal()
			h.plan("start", plan{err: c.err})
			_, err := withTemporal(t, h).try(activities.StartDelivery.Name, delivery(message()))
			var application *temporal.ApplicationError
			if !errors.As(err, &application) && c.forGood || activities.IsStartRefused(err) != c.forGood || application != nil && application.NonRetryable() != c.forGood {
				t.Errorf("ended with %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), order.DeliveryWorkflowID(appID, "n1")) {
				t.Errorf("it does not say what was to be started: %v", err)
			}
		})
	}
}

// capable is a server of which the client has asked only what it can do.
type capable struct {
	workflowservice.UnimplementedWorkflowServiceServer
}

func (capable) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{
		Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{InternalErrorDifferentiation: true},
	}, nil
}

// unsendable is what Temporal's own client says of an id that no header can hold.
func unsendable(t *testing.T) error {
	t.Helper()
	listener, server := bufconn.Listen(1<<20), grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, capable{})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	dialled, err := client.DialContext(t.Context(), client.Options{HostPort: "passthrough:///temporal", ConnectionOptions: client.ConnectionOptions{
		DialOptions: []grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = dialled.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "delivery/2021/编号", TaskQueue: "q"}, order.DeliveryWorkflowType)
	dialled.Close()
	server.Stop()
	serving.Wait()
	if err == nil {
		t.Fatal("the client sends any id: nothing has to be digested")
	}
	return err
}

// TestAConflictIsKeptAsOne although nothing has taken its id here: the entity that heard the first message knows.
func TestAConflictIsKeptAsOne(t *testing.T) {
	h := newFakeTemporal()
	n := message()
	input := delivery(n)
	input.Disposition, input.Reason = order.DispositionConflict, "its notify_id came before with other content"
	if _, err := withTemporal(t, h).try(activities.StartDelivery.Name, input); err != nil || h.workflows[order.ConflictWorkflowID(n.NotificationKey)] == nil {
		t.Errorf("%v; kept %v", err, h.workflows)
	}
}
