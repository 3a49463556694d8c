package workflows_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows"
)

// deadFor is how long a dead letter stays open.
const deadFor = 30 * 24 * time.Hour

// post is one Delivery alone, and the order that it looks for.
type post struct {
	activities.TemporalClient // nothing else of Temporal is used
	t                         *testing.T
	env                       *testsuite.TestWorkflowEnvironment
	input                     order.DeliveryInput
	began                     time.Time

	mu sync.Mutex
	// status is the order's; 0 is no order.
	status enumspb.WorkflowExecutionStatus
	// known is what the order says of the message; resolves is what it says once it has received it.
	known, resolves order.Disposition
	received, looks int
	// end is how the order ended.
	end order.View
	// charge is the order in charge of the mini program; copied is how the message's copy stands.
	charge string
	copied order.Disposition

	backend  *backend
	platform *platform
}

func newPost(t *testing.T) *post {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(logTo, nil))))
	p := &post{t: t, env: suite.NewTestWorkflowEnvironment(), resolves: order.DispositionApplied}
	p.began = p.env.Now()
	early := confirmed("AGREED")
	early.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "n1", Digest: "aa"}
	early.Raw, early.Signature = "what Alipay signed", &order.Signature{Type: "RSA2"}
	p.input = order.DeliveryInput{Notification: early, Schedules: order.DefaultSchedules(), Reason: "no order of its number runs"}
	p.env.SetTestTimeout(time.Minute)
	p.env.SetWorkflowRunTimeout(forEver)
	workflows.Register(p.env)
	(&activities.Inside{Temporal: p, Namespace: "default"}).Register(p.env)
	p.platform = newPlatform()
	(&activities.Alipay{Gateways: map[string]activities.Gateway{appID: p.platform}, Ring: openRing{}, Files: noFiles{}}).Register(p.env)
	p.backend = newBackend(p)
	p.env.OnUpsertMemo(mock.Anything).Return(nil).Maybe()
	p.env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	return p
}

func (p *post) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	if p.status == 0 || id != order.WorkflowID(appID, outNo) {
		return nil, serviceerror.NewNotFound(id)
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: p.status},
	}, nil
}

func (p *post) QueryWorkflow(_ context.Context, id, _, query string, _ ...any) (converter.EncodedValue, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case query == order.ViewQuery && id == order.WorkflowID(appID, outNo):
		return said{p.end}, nil
	case query == order.ReservationsQuery:
		return said{[]order.VersionReservation{}}, nil
	}
	switch id {
	case order.MiniProgramWorkflowID(appID, miniAppID):
		return said{order.MiniProgramView{OutOrderNo: p.charge}}, nil
	case order.CopyWorkflowID(appID, "n1"):
		return said{order.DeliveryView{State: p.copied}}, nil
	}
	return said{p.known}, nil
}

func (p *post) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return serviceerror.NewNotFound(id)
	}
	n, ok := arg.(order.Notification)
	if name != order.NotificationSignal || !ok || n.NotifyID != "n1" || n.Raw != "" || n.Signature != nil {
		p.t.Errorf("the order got %s %v, want the message without its signed bytes", name, arg)
	}
	p.received++
	p.known = p.resolves
	return nil
}

// said is a query's answer.
type said struct{ what any }

func (said) HasValue() bool { return true }

func (s said) Get(into any) error {
	written, err := json.Marshal(s.what)
	if err != nil {
		return err
	}
	return json.Unmarshal(written, into)
}

// at changes the order at a time.
func (p *post) at(when time.Duration, f func()) {
	p.env.RegisterDelayedCallback(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		f()
	}, when)
}

// starts lets the order start at a time, and wakes the message if it is called.
func (p *post) starts(when time.Duration, called bool) {
	p.at(when, func() { p.status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING })
	if called {
		p.env.RegisterDelayedCallback(func() { p.env.SignalWorkflow(order.WakeSignal, nil) }, when)
	}
}

// runs runs the Delivery to its end, and says how it ended and when.
func (p *post) runs() (order.DeliveryView, time.Duration) {
	p.t.Helper()
	p.env.ExecuteWorkflow(order.DeliveryWorkflowType, p.input)
	if err := p.env.GetWorkflowError(); err != nil {
		p.t.Fatal(err)
	}
	var view, asked order.DeliveryView
	if err := p.env.GetWorkflowResult(&view); err != nil {
		p.t.Fatal(err)
	}
	if value, err := p.env.QueryWorkflow(order.ViewQuery); err != nil || value.Get(&asked) != nil || !cmp.Equal(asked, view) {
		p.t.Errorf("its page says %+v (%v), its result %+v", asked, err, view)
	}
	return view, p.env.Now().Sub(p.began)
}

// TestWhatBecomesOfADelivery: every way in which it ends, and when. Where nothing
// is configured to hand it to, it ends as a dead letter, which stays open for a month.
func TestWhatBecomesOfADelivery(t *testing.T) {
	running, completed := enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	tests := map[string]struct {
		ready    func(*post)
		want     order.Disposition
		within   time.Duration
		received int
	}{
		"its order runs": {func(p *post) { p.status = running }, order.DispositionApplied, time.Minute, 1},
		"its order finds it stale": {func(p *post) { p.status, p.resolves = running, order.DispositionStale },
			order.DispositionStale, time.Minute, 1},
		"its order takes its time": {func(p *post) {
			p.status, p.resolves = running, order.DispositionWaiting
			p.at(time.Hour, func() { p.known = order.DispositionApplied })
		}, order.DispositionApplied, 2 * time.Hour, 1},
		"its order starts and calls it": {func(p *post) { p.starts(90*time.Minute, true) }, order.DispositionApplied, 91 * time.Minute, 1},
		"its order starts unheard":      {func(p *post) { p.starts(90*time.Minute, false) }, order.DispositionApplied, 3 * time.Hour, 1},
		"its order has received it already": {func(p *post) { p.status, p.known = running, order.DispositionDuplicate },
			order.DispositionDuplicate, time.Minute, 0},
		"its order knows its id with other content": {func(p *post) { p.status, p.known = running, order.DispositionConflict },
			order.DispositionConflict, time.Minute, 0},
		"its order has ended": {func(p *post) { p.status, p.end.MiniAppID = completed, miniAppID }, order.DispositionLate, time.Second, 0},
		"its order has ended and had received it": {func(p *post) { p.status, p.known = completed, order.DispositionApplied },
			order.DispositionDuplicate, time.Minute, 0},
		"its order ended before it could settle it": {func(p *post) { p.status, p.known = completed, order.DispositionWaiting },
			order.DispositionLate, 2 * time.Minute, 0},
		"no order comes": {func(*post) {}, order.DispositionDead, 76*time.Hour + deadFor, 0},
		"it can't be read": {func(p *post) { p.input.Notification.Flaw = "biz_content is no JSON" },
			order.DispositionDead, time.Second + deadFor, 0},
		"it names no order": {func(p *post) { p.input.Notification.OutOrderNo = "" }, order.DispositionDead, 78*time.Hour + deadFor, 0},
		"it brings a token, which is no order's to keep": {func(p *post) {
			p.status, p.input.Notification.Evidence = running, order.Evidence{Token: &order.Token{Sealed: "T1"}}
		}, order.DispositionDead, 78*time.Hour + deadFor, 0},
		"it is late already": {func(p *post) { p.status, p.input.Disposition = running, order.DispositionLate },
			order.DispositionLate, time.Second, 0},
		"it is a conflict already": {func(p *post) { p.status, p.input.Disposition = running, order.DispositionConflict },
			order.DispositionConflict, time.Second, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPost(t)
			test.ready(p)
			view, took := p.runs()
			if view.State != test.want || view.Reason.String() == "" || view.HeldBy != "delivery" || view.NotifyID != "n1" {
				t.Errorf("ended %+v", view)
			}
			if took > test.within || p.received != test.received {
				t.Errorf("after %s; the order received it %d times", took, p.received)
			}
		})
	}
}

// TestADeliveryWaitsVisibly: until its order comes, its page says that it waits.
func TestADeliveryWaitsVisibly(t *testing.T) {
	p := newPost(t)
	var view order.DeliveryView
	p.env.RegisterDelayedCallback(func() {
		value, err := p.env.QueryWorkflow(order.ViewQuery)
		if err != nil || value.Get(&view) != nil {
			t.Errorf("its page: %v", err)
		}
	}, 24*time.Hour)
	p.runs()
	if view.State != order.DispositionWaiting || view.Reason.String() != p.input.Reason {
		t.Errorf("its page said %+v", view)
	}
}

// TestBeingCalledForNothing costs a look each, and the wait is no longer for it.
func TestBeingCalledForNothing(t *testing.T) {
	p := newPost(t)
	for i := range 50 {
		p.env.RegisterDelayedCallback(func() { p.env.SignalWorkflow(order.WakeSignal, nil) }, time.Duration(i+1)*time.Hour)
	}
	view, took := p.runs()
	limit := p.input.Schedules.LocateFor.Std()
	if took -= deadFor; view.State != order.DispositionDead || took < limit || took > limit+2*time.Hour {
		t.Errorf("ended %s after %s", view.State, took)
	}
	if p.looks < 50 {
		t.Errorf("looked %d times", p.looks)
	}
}

// TestAFlawIsShownAsText: what the page shows of a message is escaped.
func TestAFlawIsShownAsText(t *testing.T) {
	p := newPost(t)
	p.input.Notification.Flaw = "<script>alert(1)</script>"
	view, _ := p.runs()
	if view.State != order.DispositionDead || !strings.Contains(view.Reason.String(), "<script>") {
		t.Errorf("ended %+v", view)
	}
	var page sdkpb.WorkflowMetadata
	details, err := p.env.QueryWorkflow("__temporal_workflow_metadata")
	if err == nil {
		err = details.Get(&page)
	}
	if text := page.GetCurrentDetails(); err != nil || strings.Contains(text, "<script>") || !strings.Contains(text, "&#60;script&#62;") {
		t.Errorf("its page is %q (%v)", text, err)
	}
}
