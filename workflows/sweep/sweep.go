// Package sweep holds the workflow that looks, for all of an app's orders at once, whether Alipay
// has something new for those that wait.
//
// It promises that an order is never asked about more often than its plan says, that what a round
// will cost stands on its page before the first question, and that it ends only by a person: every
// worker process starts it again. sweep.go is its story; page.go shows it. What is decided is in
// package look, what has an effect in activities/sweeping.
package sweep

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/look"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Input starts a Sweep. State is its own when it continues as new; nobody else sets it.
type Input struct {
	AppID string     `json:"app_id"`
	State look.State `json:"state,omitzero"`
	// Language is the one of the app's configuration, for the page in the Temporal UI and the
	// summaries of what the Sweep does there. Empty is English. It stays for as long as the Sweep
	// lives: nothing that happens to a running one changes it.
	Language words.Language `json:"language,omitempty"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the
	// default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}

// sweep is a Sweep at work.
type sweep struct {
	input Input
	state look.State
	// plan is the pass under way, the zero plan between two.
	plan look.Plan
	// trouble is why the last pass came to nothing.
	trouble string
}

// Workflow makes one pass after another: it plans, shows the plan, has its parts asked by as many
// workers as it takes, and pauses. A signal begins the next pass at once.
func Workflow(ctx workflow.Context, input Input) error {
	s := &sweep{input: input, state: input.State}
	now := workflow.GetSignalChannel(ctx, order.PassSignal)
	for !durable.Crowded(ctx, input.CrowdedAt) {
		s.show(ctx)
		pause, err := s.pass(ctx)
		if temporal.IsCanceledError(err) {
			return err
		}
		if s.trouble = ""; err != nil {
			s.trouble, pause = err.Error(), troublePause
		}
		s.plan = look.Plan{}
		s.show(ctx)
		if err := s.rest(ctx, pause, now); err != nil {
			return err
		}
	}
	// The next run begins with a pass, which is all that a signal asks for.
	return workflow.NewContinueAsNewError(ctx, order.SweepWorkflowType, Input{
		AppID: input.AppID, State: s.state, Language: input.Language, CrowdedAt: input.CrowdedAt,
	})
}

// troublePause is the pause after a pass that failed for a reason that no repetition mends.
const troublePause = 10 * time.Minute

// pass makes one pass and returns the pause until the next.
func (s *sweep) pass(ctx workflow.Context) (time.Duration, error) {
	call := activities.SweepCall{AppID: s.input.AppID, At: workflow.Now(ctx).UTC(), State: s.state}
	planned, err := durable.AnswerTo(ctx, activities.PlanSweep,
		durable.Start(ctx, s.input.AppID, activities.PlanSweep, call, s.say(words.New("do.plan_pass"))))
	if err != nil {
		return 0, fmt.Errorf("plan a pass: %w", err)
	}
	s.state, s.plan = planned.State, planned.Plan
	s.show(ctx)
	asked := make([]workflow.Future, s.plan.Parts)
	for i := range asked {
		part := activities.PartCall{AppID: s.input.AppID, Plan: s.plan, Part: i}
		asked[i] = durable.Start(ctx, s.input.AppID, activities.Sweep, part, s.say(words.New("do.ask_part", i+1, len(asked))))
	}
	reports := make([]look.Report, len(asked))
	for i, future := range asked {
		if reports[i], err = durable.AnswerTo(ctx, activities.Sweep, future); err != nil {
			return 0, fmt.Errorf("ask about the orders that wait: %w", err)
		}
	}
	var pause time.Duration
	s.state, pause = s.state.Finish(s.plan, reports, workflow.Now(ctx).UTC())
	return pause, nil
}

// rest waits for the next pass, or for somebody who wants it now.
func (s *sweep) rest(ctx workflow.Context, pause time.Duration, now workflow.ReceiveChannel) error {
	waiting := durable.Waiting(ctx, pause, s.say(words.New("do.await_pass")))
	defer waiting.Close()
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(waiting.Future, func(workflow.Future) {})
	selector.AddReceive(now, func(workflow.ReceiveChannel, bool) {
		durable.Each(now, func(any) {}) // one pass is enough for all who asked
	})
	selector.Select(ctx)
	return ctx.Err()
}

// show brings the page up to date. It costs no event: the page is read from a worker.
func (s *sweep) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, s.page())
}
