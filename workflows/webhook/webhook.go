// Package webhook holds the workflow that has an app's webhook told what becomes of the app's orders.
//
// It promises that a webhook is told by one process at a time, that what a person wants of it is done
// once the posts under way are over, and that nothing is forgotten when a process or a run ends.
package webhook

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Input starts a Webhook. State is its own when it continues as new; nobody else sets it.
type Input struct {
	AppID string     `json:"app_id"`
	State tell.State `json:"state,omitzero"`
	// Language is the one of the app's configuration, for the page in the Temporal UI and the
	// summaries of what the Webhook does there. Empty is English. It stays for as long as the
	// Webhook lives: nothing that happens to a running one changes it.
	Language words.Language `json:"language,omitempty"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the
	// default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}

// webhook is a Webhook at work.
type webhook struct {
	input Input
	state tell.State
	// wanted are instructions that wait for the call under way to end.
	wanted []*wish
	// fresh is set once orders were forgotten: this run's history names them, the next one's does not.
	fresh bool
	// trouble is why the last call came to nothing.
	trouble string
}

// wish is an instruction and what became of it.
type wish struct {
	tell.Instruction
	done bool
	err  error
}

// Workflow has its webhook told until somebody wants something of it, does that, and goes on.
func Workflow(ctx workflow.Context, input Input) error {
	w := &webhook{input: input, state: input.State}
	if w.state.Through.IsZero() { // what happened before there was a webhook is not told
		w.state.Through = workflow.Now(ctx).UTC()
	}
	if err := w.register(ctx); err != nil {
		return err
	}
	for !durable.Crowded(ctx, input.CrowdedAt) && !w.fresh || len(w.wanted) > 0 {
		w.show(ctx)
		if err := w.tell(ctx); err != nil {
			return err
		}
		w.instruct(ctx)
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, order.WebhookWorkflowType, Input{
		AppID: input.AppID, State: w.state, Language: input.Language, CrowdedAt: input.CrowdedAt,
	})
}

// register registers what a person can want, and ask.
func (w *webhook) register(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (tell.State, error) { return w.state, nil }); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, order.WebhookUpdate, w.take,
		workflow.UpdateHandlerOptions{Validator: func(wanted tell.Instruction) error { return wanted.Judge() }})
}

// take waits until an instruction has been carried out.
func (w *webhook) take(ctx workflow.Context, wanted tell.Instruction) (tell.State, error) {
	one := &wish{Instruction: wanted}
	w.wanted = append(w.wanted, one)
	if err := workflow.Await(ctx, func() bool { return one.done }); err != nil {
		return tell.State{}, err
	}
	return w.state, one.err
}

// tell has the webhook told until an instruction comes, or the call's term is over.
func (w *webhook) tell(ctx workflow.Context) error {
	telling, stop := workflow.WithCancel(ctx)
	defer stop()
	future := durable.Start(telling, w.input.AppID, activities.Tell, activities.TellCall{AppID: w.input.AppID, State: w.state},
		w.say(words.New("do.tell")))
	if err := workflow.Await(ctx, func() bool { return future.IsReady() || len(w.wanted) > 0 }); err != nil {
		return err
	}
	stop()
	state, err := durable.AnswerTo(ctx, activities.Tell, future)
	if last, heard := lastHeard(err); heard {
		w.state = last
	}
	switch {
	case temporal.IsCanceledError(err) && ctx.Err() == nil: // before any worker had begun
	case temporal.IsCanceledError(err):
		return err
	case err != nil:
		return w.pause(ctx, err)
	default:
		w.state = state
	}
	return nil
}

// lastHeard is what a process that died said last of where it was. Temporal hands it to another attempt,
// and to nobody where there is none any more because an instruction came meanwhile: a call that began
// a day ago would have all of that day told again.
func lastHeard(err error) (state tell.State, heard bool) {
	var silent *temporal.TimeoutError
	if !errors.As(err, &silent) || !silent.HasLastHeartbeatDetails() {
		return state, false
	}
	return state, silent.LastHeartbeatDetails(&state) == nil
}

// troublePause is the pause after a call that failed for a reason that no repetition mends.
const troublePause = time.Minute

// pause waits a little after a call that came to nothing. What is known stays: the next call goes on
// from there.
func (w *webhook) pause(ctx workflow.Context, why error) error {
	w.trouble = why.Error()
	w.show(ctx)
	waiting := durable.Waiting(ctx, troublePause, w.say(words.New("do.tell_again")))
	defer waiting.Close()
	err := workflow.Await(ctx, func() bool { return waiting.Ready() || len(w.wanted) > 0 })
	w.trouble = ""
	return err
}

// instruct carries out what people want.
func (w *webhook) instruct(ctx workflow.Context) {
	for _, one := range w.wanted {
		if !w.state.Instruct(one.Instruction, workflow.Now(ctx).UTC()) {
			one.err = durable.Refuse(words.New("refuse.resend_full"))
		}
		one.done = true
		w.fresh = w.fresh || one.Action == tell.ActionForget
	}
	w.wanted = nil
}
