// Package attending holds the workflow that keeps an app's attention: what people have noted about what
// needs them, and what the app's robots were told of it.
//
// It promises that what it carries is bounded however much is noted, that a note is forgotten 90 days
// after it was touched last, and that a run which was told to forget is followed by one that knows
// nothing of it.
package attending

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// attending is an Attention at work.
type attending struct {
	attention.Input
	// changed wakes the story after an update.
	changed bool
	// fresh is set once something was forgotten: this run's history names it, the next one's does not.
	fresh bool
	// reseals ask for everything to be sealed anew.
	reseals workflow.ReceiveChannel
}

// Workflow takes notes until its history is long, and goes on in another run.
func Workflow(ctx workflow.Context, input attention.Input) error {
	a := &attending{Input: input, reseals: workflow.GetSignalChannel(ctx, order.ResealSignal)}
	if a.Robots == nil {
		a.Robots = attention.Robots{}
	}
	if err := a.register(ctx); err != nil {
		return err
	}
	for !durable.Crowded(ctx, input.CrowdedAt) && !a.fresh && a.reseals.Len() == 0 {
		a.changed = false
		a.show(ctx)
		if err := a.rest(ctx); err != nil {
			return err
		}
		a.Notes.Prune(workflow.Now(ctx).UTC())
	}
	if a.fresh { // the answer to an update is late where its run ends in the same moment
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	if err := a.reseal(ctx); err != nil {
		return err
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, order.AttentionWorkflowType, a.Input)
}

// reseal has every comment sealed anew where somebody has asked for it. What is noted meanwhile is sealed
// under the new key already.
func (a *attending) reseal(ctx workflow.Context) error {
	asked := false
	for a.reseals.ReceiveAsync(nil) {
		asked = true
	}
	if !asked {
		return nil
	}
	anew, err := durable.Reseal(ctx, a.AppID, words.New("do.reseal").In(a.Language), a.Notes)
	if err != nil {
		return err
	}
	return anew.In(&a.Notes)
}

// rest waits for a change, or until the oldest note is to be dropped.
func (a *attending) rest(ctx workflow.Context) error {
	expiry := a.Notes.Expiry()
	if expiry.IsZero() {
		return workflow.Await(ctx, a.woken)
	}
	waiting := durable.Waiting(ctx, max(expiry.Sub(workflow.Now(ctx)), time.Second), words.New("do.drop_notes").In(a.Language))
	defer waiting.Close()
	return workflow.Await(ctx, func() bool { return a.woken() || waiting.Ready() })
}

func (a *attending) woken() bool { return a.changed || a.reseals.Len() > 0 }

func (a *attending) register(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (attention.Notes, error) { return a.Notes, nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, order.ToldQuery, func() (attention.Robots, error) { return a.Robots, nil }); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, order.NoteUpdate, func(ctx workflow.Context, in attention.Instruction) (attention.Note, error) {
		a.changed = true
		return a.Notes.Instruct(in, workflow.Now(ctx).UTC()), nil
	}, workflow.UpdateHandlerOptions{Validator: func(in attention.Instruction) error { return in.Judge() }}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, order.ForgetUpdate, func(_ workflow.Context, forgetting attention.Forgetting) error {
		a.changed, a.fresh = true, true
		a.Forget(forgetting)
		return nil
	}, workflow.UpdateHandlerOptions{Validator: func(forgetting attention.Forgetting) error { return forgetting.Judge() }}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, order.ToldUpdate, func(_ workflow.Context, telling attention.Telling) error {
		a.changed = true
		a.Robots.Tell(telling)
		return nil
	}, workflow.UpdateHandlerOptions{Validator: func(telling attention.Telling) error { return telling.Judge() }})
}

// show brings the page that the Temporal UI shows up to date.
func (a *attending) show(ctx workflow.Context) {
	p := durable.NewPage(a.Language, words.New("page.rest_of_attention"))
	p.Add("## "+p.Say(words.New("title.attention", a.AppID))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.notes", words.New("page.items", len(a.Notes)))
	for _, name := range a.Robots.Names() {
		p.Row("page.robot", words.New("page.robot_told", name, len(a.Robots[name].Told), a.Robots[name].LastPost))
	}
	workflow.SetCurrentDetails(ctx, p.String())
}
