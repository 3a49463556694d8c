package workflows_test

import (
	"bytes"
	"encoding/json"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// flagWatch holds the state of an order against the table of flags at each command that
// the order gives Temporal, in every life that these tests live.
type flagWatch struct {
	interceptor.WorkerInterceptorBase
	t tester
}

func (f *flagWatch) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	watched := &watchedInbound{watch: f}
	watched.Next = next
	return watched
}

type watchedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	watch *flagWatch
}

func (w *watchedInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	watched := &watchedOutbound{watch: w.watch}
	watched.Next = outbound
	return w.Next.Init(watched)
}

// watchedOutbound asks the order for what it would carry, in the order's own coroutine.
type watchedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	watch   *flagWatch
	carried func() (json.RawMessage, error)
	seen    json.RawMessage
}

func (w *watchedOutbound) SetQueryHandler(ctx workflow.Context, query string, handler any) error {
	if carried, ok := handler.(func() (json.RawMessage, error)); ok && query == order.CarriedQuery {
		w.carried = carried
	}
	return w.Next.SetQueryHandler(ctx, query, handler)
}

func (w *watchedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	w.look("starts " + name)
	return w.Next.ExecuteActivity(ctx, name, args...)
}

func (w *watchedOutbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	w.look("starts a timer")
	return w.Next.NewTimerWithOptions(ctx, d, options)
}

func (w *watchedOutbound) UpsertMemo(ctx workflow.Context, memo map[string]any) error {
	w.look("shows its summary")
	return w.Next.UpsertMemo(ctx, memo)
}

func (w *watchedOutbound) SignalExternalWorkflow(ctx workflow.Context, id, run, signal string, arg any) workflow.Future {
	w.look("sends " + signal)
	return w.Next.SignalExternalWorkflow(ctx, id, run, signal, arg)
}

// look compares an order's flags with the table.
func (w *watchedOutbound) look(when string) {
	if w.carried == nil { // another workflow
		return
	}
	state, err := w.carried()
	if err == nil && bytes.Equal(state, w.seen) {
		return // what is wrong with it was said
	}
	w.seen = state
	// Which members there are is the question, and they are not read: it is asked at every step.
	var members, visit map[string]json.RawMessage
	var stage order.Stage
	if err == nil {
		err = json.Unmarshal(state, &members)
	}
	if err == nil {
		err = json.Unmarshal(members["stage"], &stage)
	}
	if there := members["visit"]; err == nil && there != nil {
		err = json.Unmarshal(there, &visit)
	}
	if err != nil {
		w.watch.t.Error(err)
		return
	}
	for _, flag := range order.Flags() {
		from := members
		if flag.Life == order.LifeVisit {
			from = visit
		}
		if _, set := from[flag.Name]; set && !flag.May(stage) {
			w.watch.t.Error("the order " + when + " at " + string(stage) + " with " + flag.Name +
				" set; the table of flags says that it can't be")
		}
	}
}
