package crossings

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// interceptors put the engine between the workflows and the environment.
type interceptors struct {
	interceptor.WorkerInterceptorBase
	e *engine
}

func (i *interceptors) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &inbound{e: i.e}
	in.Next = next
	return in
}

func (i *interceptors) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	in := &performed{e: i.e}
	in.Next = next
	return in
}

// inbound sees runs begin and end, and what they receive.
type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	e   *engine
	out *outbound
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	i.out = &outbound{e: i.e}
	i.out.Next = next
	return i.Next.Init(i.out)
}

func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	x := i.e.executions[workflow.GetInfo(ctx).WorkflowExecution.ID]
	if x == nil { // the root
		return i.Next.ExecuteWorkflow(ctx, in)
	}
	i.out.x = x
	if err := i.e.awaitTurn(ctx, x); err != nil {
		return nil, err
	}
	i.e.born(x)
	result, err := i.Next.ExecuteWorkflow(ctx, in)
	i.e.ended(x, err)
	return result, err
}

// nudge is a signal that workflows ignore: it makes one look at what has come. When an
// activity ends on its own, the environment wakes up only the root.
const nudge = "nudge"

func (i *inbound) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	if in.SignalName == nudge {
		return nil
	}
	if x := i.out.x; x != nil {
		if x.state != running {
			return i.late(x, in)
		}
		x.events += 1 + task
	}
	return i.Next.HandleSignal(ctx, in)
}

// late hands a signal that was on its way when its run ended to the next run, as a server does:
// the environment gives it to the old one, whose coroutines are being torn down meanwhile.
func (i *inbound) late(x *execution, in *interceptor.HandleSignalInput) error {
	if x.state == closed {
		i.e.broken = append(i.e.broken, fmt.Sprintf("%s was closed with signal %s unread", x.id, in.SignalName))
		return nil
	}
	for _, payload := range in.Arg.GetPayloads() {
		i.e.whenBegun(x, func() { i.e.deliver(x.id, in.SignalName, converter.NewRawValue(payload)) })
	}
	return nil
}

// task is what a server writes for one workflow task: scheduled, started, completed.
const task = 3

// outbound sees what a run requests.
type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	e *engine
	x *execution
}

func (o *outbound) GetInfo(ctx workflow.Context) *workflow.Info {
	info := o.Next.GetInfo(ctx)
	if o.x == nil {
		return info
	}
	return o.e.infoOf(info, o.x.events)
}

// ExecuteActivity has the engine run the activity. The environment would run it in
// goroutines, against the wall clock, and never waits for a cancelled one.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if o.x == nil {
		return o.Next.ExecuteActivity(ctx, name, args...)
	}
	o.count(1)
	future, settable := workflow.NewFuture(ctx)
	j := o.e.schedule(o.x, name, args, workflow.GetActivityOptions(ctx), settable)
	if ctx.Done() == nil {
		return future
	}
	apart, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(apart, func(apart workflow.Context) {
		selector := workflow.NewSelector(apart)
		selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
		selector.AddFuture(future, func(workflow.Future) {})
		selector.Select(apart)
		switch {
		case future.IsReady():
		case j.options.WaitForCancellation:
			o.e.stopWaited(j)
		default:
			o.e.stopped(j)
			settable.SetError(temporal.NewCanceledError())
		}
	})
	return future
}

// ExecuteLocalActivity runs the activity as the engine runs any other, since what can go wrong
// with it is the same: a worker that dies repeats the whole task, and with it the call.
func (o *outbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if o.x == nil {
		return o.Next.ExecuteLocalActivity(ctx, name, args...)
	}
	o.count(1)
	future, settable := workflow.NewFuture(ctx)
	local := workflow.GetLocalActivityOptions(ctx)
	o.e.schedule(o.x, name, args, workflow.ActivityOptions{RetryPolicy: local.RetryPolicy}, settable)
	return future
}

func (o *outbound) NewTimer(ctx workflow.Context, d time.Duration) workflow.Future {
	o.count(2 + task)
	return o.Next.NewTimer(ctx, d)
}

func (o *outbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	o.count(2 + task)
	return o.Next.NewTimerWithOptions(ctx, d, options)
}

// count adds to the run's history.
func (o *outbound) count(events int) {
	if o.x != nil {
		o.x.events += events
	}
}

// SignalExternalWorkflow waits for a run to begin, which the environment does not.
func (o *outbound) SignalExternalWorkflow(ctx workflow.Context, id, runID, name string, arg any) workflow.Future {
	o.count(2)
	target := o.e.executions[id]
	future, settable := workflow.NewFuture(ctx)
	switch {
	case o.e.lost != nil && o.e.lost(name):
		settable.SetValue(nil)
	case target == nil || target.state == closed:
		settable.SetError(&temporal.UnknownExternalWorkflowExecutionError{})
	case target.state == starting:
		o.e.whenBegun(target, func() { o.e.deliver(id, name, arg) })
		settable.SetValue(nil)
	default:
		return o.Next.SignalExternalWorkflow(ctx, id, runID, name, arg)
	}
	return future
}

// UpsertTypedSearchAttributes keeps the stage for the trace.
func (o *outbound) UpsertTypedSearchAttributes(_ workflow.Context, attributes ...temporal.SearchAttributeUpdate) error {
	if o.x == nil {
		return nil
	}
	o.x.events++
	set := temporal.NewSearchAttributes(attributes...)
	stage, _ := set.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderStage))
	hold, _ := set.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold))
	if stage != "" {
		o.x.stage = stage
		o.e.trace("stage", stage+" "+hold)
		o.e.arrived(o.x.id, order.Stage(stage), order.HoldKind(hold))
	}
	return nil
}

// UpsertMemo keeps the memo, which activities and the Sweep read.
func (o *outbound) UpsertMemo(_ workflow.Context, memo map[string]any) error {
	if o.x == nil {
		return nil
	}
	o.x.events++
	merged := maps.Clone(o.x.memo)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, memo)
	o.x.memo = merged
	return nil
}

// performed keeps what an activity's function returned, unchanged.
type performed struct {
	interceptor.ActivityInboundInterceptorBase
	e *engine
}

func (p *performed) Init(next interceptor.ActivityOutboundInterceptor) error {
	out := &activityOutbound{}
	out.Next = next
	return p.Next.Init(out)
}

func (p *performed) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	j := p.e.beginning
	ctx, j.cancel = context.WithCancel(context.WithValue(ctx, jobKey{}, j))
	defer j.cancel()
	result, err := p.Next.ExecuteActivity(ctx, in)
	j.result, j.err = result, err
	return result, err
}

// activityOutbound gives activities the number of their attempt.
type activityOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
}

func (o *activityOutbound) GetInfo(ctx context.Context) activity.Info {
	info := o.Next.GetInfo(ctx)
	if j := jobOf(ctx); j != nil {
		info.Attempt = int32(j.attempt) //nolint:gosec // tries are few
		info.WorkflowExecution.ID, info.ActivityID = j.x.id, j.activityID
	}
	return info
}

func (*activityOutbound) RecordHeartbeat(context.Context, ...any) {}

// infoOf returns a run's info with the length of its history in it. The environment counts
// nothing for children, and the SDK can set only the root's length: so the root's info, which
// has the length, gets everything else of the child's.
func (e *engine) infoOf(info *workflow.Info, events int) *workflow.Info {
	e.env.SetCurrentHistoryLength(events)
	filled := *e.rootInfo
	from, to := reflect.ValueOf(info).Elem(), reflect.ValueOf(&filled).Elem()
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return &filled
}
