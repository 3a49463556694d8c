package service

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/alipay/gateway"
	"miniflow/internal/config"
	"miniflow/order"
)

func polling(identity string, at time.Time) *taskqueuepb.PollerInfo {
	return &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(at)}
}

// TestWorkersAreCountedByWhoPolls: each process once, this one always, and none that has ended.
func TestWorkersAreCountedByWhoPolls(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		pollers []*taskqueuepb.PollerInfo
		want    int
	}{
		"nobody yet":        {nil, 1},
		"this one":          {[]*taskqueuepb.PollerInfo{polling("own", at)}, 1},
		"another":           {[]*taskqueuepb.PollerInfo{polling("other", at)}, 2},
		"two pollers each":  {[]*taskqueuepb.PollerInfo{polling("own", at), polling("other", at), polling("other", at), polling("own", at)}, 2},
		"a long wait":       {[]*taskqueuepb.PollerInfo{polling("other", at.Add(-70*time.Second))}, 2},
		"one that is gone":  {[]*taskqueuepb.PollerInfo{polling("other", at.Add(-2*time.Minute)), polling("own", at)}, 1},
		"its clock is fast": {[]*taskqueuepb.PollerInfo{polling("other", at.Add(time.Minute))}, 2},
	} {
		if got := workersAmong(test.pollers, "own", at); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	if first, second := newIdentity(), newIdentity(); first == second {
		t.Error("two processes of one name are one")
	}
}

// queues is Temporal as far as task queues go.
type queues struct {
	client.Client
	pollers []*taskqueuepb.PollerInfo
	err     error
	asked   []string
	updates []*workflowservice.UpdateTaskQueueConfigRequest
}

func (q *queues) DescribeTaskQueue(_ context.Context, queue string, kind enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	q.asked = append(q.asked, queue+" "+kind.String())
	return &workflowservice.DescribeTaskQueueResponse{Pollers: q.pollers}, q.err
}

func (q *queues) WorkflowService() workflowservice.WorkflowServiceClient { return updates{queues: q} }

// updates is the part that the client has no method of its own for.
type updates struct {
	workflowservice.WorkflowServiceClient
	queues *queues
}

func (u updates) UpdateTaskQueueConfig(_ context.Context, request *workflowservice.UpdateTaskQueueConfigRequest, _ ...grpc.CallOption) (*workflowservice.UpdateTaskQueueConfigResponse, error) {
	u.queues.updates = append(u.queues.updates, request)
	return nil, u.queues.err
}

func sharing(q *queues) *Service {
	cfg := config.Defaults()
	cfg.Limits.AlipayCallsPerSecond = 7.5
	return &Service{
		options:  Options{Config: cfg, Temporal: q, Namespace: "n", Log: slog.New(slog.DiscardHandler)},
		apps:     []app{{config: config.App{ID: "2021000000000041"}, budget: gateway.NewBudget(7.5)}},
		identity: "own",
	}
}

// TestAShareIsKeptWhileNobodyKnows who else has one.
func TestAShareIsKeptWhileNobodyKnows(t *testing.T) {
	q := &queues{pollers: []*taskqueuepb.PollerInfo{polling("other", now()), polling("third", now())}}
	s := sharing(q)
	if s.shareBudgets(t.Context()); s.sharers("2021000000000041") != 3 || q.asked[0] != order.AlipayTaskQueue("2021000000000041")+" Activity" {
		t.Errorf("%d share it, by %v", s.sharers("2021000000000041"), q.asked)
	}
	q.pollers, q.err = nil, errors.New("Temporal is down")
	if s.shareBudgets(t.Context()); s.sharers("2021000000000041") != 3 {
		t.Errorf("%d share what nobody knows about", s.sharers("2021000000000041"))
	}
	q.err = nil
	if s.shareBudgets(t.Context()); s.sharers("2021000000000041") != 1 || s.sharers("another") != 1 {
		t.Errorf("%d share it with nobody", s.sharers("2021000000000041"))
	}
}

// TestTheQueueIsCapped at the budget, for activities, and a refusal keeps nobody from starting.
func TestTheQueueIsCapped(t *testing.T) {
	q := &queues{err: errors.New("not allowed")}
	sharing(q).capQueues(t.Context())
	if len(q.updates) != 1 {
		t.Fatalf("%d updates", len(q.updates))
	}
	update := q.updates[0]
	if update.GetNamespace() != "n" || update.GetTaskQueue() != order.AlipayTaskQueue("2021000000000041") || update.GetTaskQueueType() != enumspb.TASK_QUEUE_TYPE_ACTIVITY ||
		update.GetUpdateQueueRateLimit().GetRateLimit().GetRequestsPerSecond() != 7.5 {
		t.Errorf("it says %v", update)
	}
}

// TestABurstStaysInTemporal: a process takes on no more than its budget serves soon.
func TestABurstStaysInTemporal(t *testing.T) {
	for perSecond, want := range map[float64]int{0.5: 20, 10: 100, 90: 900, 200: 1000, 5000: 1000} {
		if got := mostAtOnce(perSecond); got != want {
			t.Errorf("at %v a second it takes %d, want %d", perSecond, got, want)
		}
	}
}
