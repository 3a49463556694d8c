// Package rolling holds the workflow of a mass upgrade, and of its way back.
//
// What it does next is decided by package rollout; here it is done. It promises that each member's order
// is begun once, whatever dies, that nothing begins once it was told to stop, and that what it carries
// from run to run stays small.
package rolling

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// rolling is a Rollout at work.
type rolling struct {
	input rollout.Input
	*rollout.Rollout
	cursor   *rollout.Cursor
	lookedAt time.Time
	noExt    bool
	// asked counts what orders were told, so that one is told again what it was told before.
	asked int
	// actor and reason are of the last instruction: what orders are told names them.
	actor, reason string
	// trouble is what lists show of why it needs a person.
	trouble string
	// said is set when somebody has said something, so that a rest ends.
	said bool
}

// Workflow goes through a rollout, and waits for as long as it may be taken back.
func Workflow(ctx workflow.Context, input rollout.Input) (rollout.View, error) {
	r := begin(ctx, input)
	if err := r.listen(ctx); err != nil {
		return r.view(ctx), err
	}
	for {
		if durable.Crowded(ctx, input.CrowdedAt) {
			return r.view(ctx), r.goOn(ctx)
		}
		r.show(ctx)
		over, err := r.turn(ctx)
		if over || err != nil {
			r.show(ctx)
			return r.view(ctx), err
		}
	}
}

func begin(ctx workflow.Context, input rollout.Input) *rolling {
	r := &rolling{input: input, noExt: input.NoExt, actor: input.Actor, cursor: &rollout.Cursor{Page: 1}}
	carried := input.Carried
	if carried == nil {
		r.Rollout = rollout.New(input.Plan, workflow.Now(ctx).UTC())
		return r
	}
	r.Rollout, r.cursor, r.lookedAt = &carried.Rollout, carried.Cursor, carried.LookedAt
	r.noExt, r.asked, r.actor, r.reason, r.trouble = carried.NoExt, carried.Asked, carried.Actor, carried.Reason, carried.Trouble
	return r
}

// goOn has the rollout go on in a new run. Instructions change the state at once and wait for nothing, so
// none is lost between two runs.
func (r *rolling) goOn(ctx workflow.Context) error {
	r.input.Carried = &rollout.Carried{
		Rollout: *r.Rollout, Cursor: r.cursor, LookedAt: r.lookedAt, NoExt: r.noExt, Asked: r.asked, Actor: r.actor, Reason: r.reason, Trouble: r.trouble,
	}
	return workflow.NewContinueAsNewError(ctx, rollout.WorkflowType, r.input)
}

// turn does one thing: what is due, else a look, else a rest.
func (r *rolling) turn(ctx workflow.Context) (over bool, _ error) {
	now := workflow.Now(ctx).UTC()
	if r.State == rollout.Listing {
		return false, r.list(ctx)
	}
	if r.Open() > 0 && !now.Before(r.nextLook()) {
		return false, r.look(ctx)
	}
	step := r.Next(now)
	switch {
	case step.Over:
		return true, nil
	case len(step.Errands) > 0:
		return false, r.tell(ctx, step.Errands)
	case len(step.Undo) > 0:
		return false, r.takeBack(ctx, step.Undo)
	case len(step.Start) > 0:
		return false, r.start(ctx, step.Start)
	}
	return false, r.rest(ctx, step.Until)
}

// calmLooks is how many times rarer looks are while nothing depends on them.
const calmLooks = 10

func (r *rolling) nextLook() time.Time {
	every := r.input.LookEvery.Std()
	switch r.State {
	case rollout.Paused, rollout.Halted, rollout.Done:
		every *= calmLooks
	case rollout.Listing, rollout.Going, rollout.RollingBack, rollout.RolledBack:
	}
	return r.lookedAt.Add(every)
}

// rest waits for a moment, for the next look, or for somebody's word.
func (r *rolling) rest(ctx workflow.Context, until time.Time) error {
	if look := r.nextLook(); r.Open() > 0 && (until.IsZero() || look.Before(until)) {
		until = look
	}
	r.said = false
	heard := func() bool { return r.said }
	if until.IsZero() {
		return workflow.Await(ctx, heard)
	}
	options := workflow.AwaitOptions{
		Timeout:      until.Sub(workflow.Now(ctx)),
		TimerOptions: workflow.TimerOptions{Summary: r.say(words.New("do.rest_of_rollout"))},
	}
	_, err := workflow.AwaitWithOptions(ctx, options, heard)
	return err
}

// failed makes what an activity has refused for good stop the rollout, until a person has seen to it.
func (r *rolling) failed(ctx workflow.Context, err error) error {
	if temporal.IsCanceledError(err) || ctx.Err() != nil {
		return err
	}
	r.Halt(activities.FailureOf(err).Code, workflow.Now(ctx).UTC())
	return nil
}

func (r *rolling) say(text words.Text) string { return text.In(r.input.Language) }

func (r *rolling) view(ctx workflow.Context) rollout.View {
	return r.View(r.input, workflow.Now(ctx).UTC())
}

// show brings up to date what lists and the page in the Temporal UI show.
func (r *rolling) show(ctx workflow.Context) {
	r.showTrouble(ctx)
	v, p := r.view(ctx), durable.NewPage(r.input.Language, words.New("page.rest_of_rollout"))
	p.Add("## "+p.Say(words.New("page.rollout", v.TemplateID, v.TemplateVersion))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.state", words.Plain(string(v.State)))
	p.Row("page.why", words.Plain(v.Why))
	p.Row("page.wave", words.New("page.wave_of", v.Wave, v.Waves))
	p.Row("page.members", words.New("page.messages", v.Members))
	p.Row("page.settled", words.New("page.messages", v.Settled))
	p.Add("\n", 0)
	for _, one := range v.Exceptions {
		p.Add("- **"+p.Say(words.Plain(one.MiniAppID))+"** "+p.Say(words.Plain(one.Where+" "+one.Code))+"\n", 0)
	}
	workflow.SetCurrentDetails(ctx, p.String())
}

// appID is the app whose budget and queue the rollout's calls have.
func (r *rolling) appID() string { return r.input.AppID }

// release is a member's order.
func (r *rolling) release(i int) activities.ReleaseOf {
	m := r.Members[i]
	return activities.ReleaseOf{Index: i, MiniAppID: m.MiniAppID, OutOrderNo: m.OutOrderNo(r.input.ID)}
}

// version is what members are brought to.
func (r *rolling) version() order.Version { return r.input.Request.Version }
