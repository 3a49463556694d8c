package workflows_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// wire stands between workflows and activities: what an activity does is done at
// once, and its answer can be late.
type wire struct {
	env *testsuite.TestWorkflowEnvironment
	mu  sync.Mutex
	// slow are the delays of the answers to an activity's next calls, one each.
	slow map[string][]delay
	// reset is set once an operator has reset the order: its acts find themselves in another run.
	reset bool
	// begun counts how often each activity was begun.
	begun map[string]int
}

// delay is how late an answer is, and what happens halfway.
type delay struct {
	after  time.Duration
	during func()
}

// answersLate lets the answer to the next call of an activity be late. What is to
// happen meanwhile happens halfway.
func (l *wire) answersLate(call string, after time.Duration, during func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slow == nil {
		l.slow = map[string][]delay{}
	}
	l.slow[call] = append(l.slow[call], delay{after, during})
}

// resets lets the acts find themselves in another run from now on, as after a reset.
func (l *wire) resets() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reset = true
}

// next is what becomes of a call: how late its answer is, and whether it was reset.
func (l *wire) next(call, own string, input any) (*delay, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun == nil {
		l.begun = map[string]int{}
	}
	l.begun[call]++
	var late *delay
	if len(l.slow[call]) > 0 {
		late = &l.slow[call][0]
		l.slow[call] = l.slow[call][1:]
	}
	isAct := activities.MethodOf(call, order.KindFormal) != call
	if run, named := runOf(input); l.reset && named && run != own && isAct {
		failure := activities.Failure{Class: "reset", Code: "RESET", Message: words.Plain("reset")}
		reflect.ValueOf(&failure).Elem().FieldByName("Run").SetString(own)
		return late, temporal.NewApplicationErrorWithOptions("RESET", "reset", temporal.ApplicationErrorOptions{
			NonRetryable: true, Details: []any{failure},
		})
	}
	return late, nil
}

// runOf is the run that an act says it belongs to.
func runOf(input any) (run string, named bool) {
	value := reflect.ValueOf(input)
	for _, name := range []string{"Run", "Question", "Number"} {
		field := value.FieldByName(name)
		switch {
		case field.IsValid() && field.Kind() == reflect.String:
			return field.String(), true
		case field.IsValid():
			return runOf(field.Interface())
		}
	}
	return "", false
}

// RegisterActivityWithOptions registers an activity behind the wire.
func (l *wire) RegisterActivityWithOptions(a any, options activity.RegisterOptions) {
	function := reflect.ValueOf(a)
	failing := function.Type().NumOut() - 1
	l.env.RegisterActivityWithOptions(reflect.MakeFunc(function.Type(), func(in []reflect.Value) []reflect.Value {
		ctx, _ := in[0].Interface().(context.Context)
		late, err := l.next(options.Name, activity.GetInfo(ctx).WorkflowExecution.RunID, in[1].Interface())
		out := l.fails(function.Type(), err)
		if err == nil {
			out = function.Call(in)
		}
		if late == nil {
			return out
		}
		failure, _ := out[failing].Interface().(error)
		var result any
		if failing > 0 {
			result = out[0].Interface()
		}
		token := activity.GetInfo(ctx).TaskToken
		if late.during != nil {
			l.env.RegisterDelayedCallback(late.during, late.after/2)
		}
		l.env.RegisterDelayedCallback(func() { l.answer(token, result, failure) }, late.after)
		return l.fails(function.Type(), activity.ErrResultPending)
	}).Interface(), options)
}

// answer completes an activity. The test environment does not wake a child workflow for
// that, so a signal does which nobody listens to.
func (l *wire) answer(token []byte, result any, failure error) {
	_ = l.env.CompleteActivity(token, result, failure)
	_ = l.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), "wakes", nil)
}

func (l *wire) fails(function reflect.Type, err error) []reflect.Value {
	out := make([]reflect.Value, 0, function.NumOut())
	for i := range function.NumOut() - 1 {
		out = append(out, reflect.Zero(function.Out(i)))
	}
	return append(out, reflect.ValueOf(&err).Elem())
}

// commandNow sends a command at once; for what happens during a call.
func (w *world) commandNow(command order.Command, in order.Instruction) *outcome {
	result := &outcome{}
	w.mu.Lock()
	w.commands++
	id := fmt.Sprint("now", w.commands)
	w.mu.Unlock()
	w.must(w.env.UpdateWorkflowByID(order.WorkflowID(appID, outNo), string(command), id, result, in))
	return result
}

// soon does something once what was sent has been received.
func (w *world) soon(f func()) { w.env.RegisterDelayedCallback(f, time.Millisecond) }

// viewNow looks at the order at once.
func (w *world) viewNow() order.View {
	var view order.View
	value, err := w.env.QueryWorkflowByID(order.WorkflowID(appID, outNo), order.ViewQuery)
	if err == nil {
		err = value.Get(&view)
	}
	w.must(err)
	return view
}

// numbers are the records of version numbers, as a mini program keeps them; the
// keeping itself has its own tests.
type numbers struct {
	mu      sync.Mutex
	records []order.VersionReservation
	// gone, when set, tells that the mini program does not run.
	gone func() bool
}

func (n *numbers) Reserve(_ context.Context, _, _ string, wanted order.VersionReservation) (order.VersionReservation, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone != nil && n.gone() {
		failure := activities.Failure{Class: activities.FailureUnknown, Code: activities.CodeOrphaned, Message: words.Plain("it does not run")}
		return order.VersionReservation{}, temporal.NewApplicationErrorWithOptions(failure.Message.String(), string(failure.Class),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{failure}})
	}
	for _, record := range n.records {
		if record.Names(wanted.AppVersion, wanted.BundleID) {
			return record, nil
		}
	}
	n.records = append(n.records, wanted)
	return wanted, nil
}

func (n *numbers) Reserved(context.Context, string, string) ([]order.VersionReservation, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.records), nil
}
