// Package attending holds the workflow that keeps an app's attention: what people have noted about what
// needs them, and what the app's robots were told of it.
//
// It promises that what it carries is bounded however much is noted, and that a note is forgotten 90
// days after it was touched last.
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
}

// Workflow takes notes until its history is long, and goes on in another run.
func Workflow(ctx workflow.Context, input attention.Input) error {
	a := &attending{Input: input}
	if a.Robots == nil {
		a.Robots = attention.Robots{}
	}
	if err := a.register(ctx); err != nil {
		return err
	}
	for !durable.Crowded(ctx, input.CrowdedAt) {
		a.changed = false
		a.show(ctx)
		if err := a.rest(ctx); err != nil {
			return err
		}
		a.Notes.Prune(workflow.Now(ctx).UTC())
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, order.AttentionWorkflowType, a.Input)
}

// rest waits for a change, or until the oldest note is to be dropped.
func (a *attending) rest(ctx workflow.Context) error {
	expiry := a.Notes.Expiry()
	if expiry.IsZero() {
		return workflow.Await(ctx, func() bool { return a.changed })
	}
	waiting := durable.Waiting(ctx, max(expiry.Sub(workflow.Now(ctx)), time.Second), words.New("do.drop_notes").In(a.Language))
	defer waiting.Close()
	return workflow.Await(ctx, func() bool { return a.changed || waiting.Ready() })
}

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
