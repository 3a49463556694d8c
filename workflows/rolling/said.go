package rolling

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// listen takes people's instructions and answers their questions.
func (r *rolling) listen(ctx workflow.Context) error {
	for _, update := range []struct {
		name string
		does func(rollout.Instruction, time.Time) bool
	}{
		{rollout.PauseUpdate, func(_ rollout.Instruction, now time.Time) bool { return r.Pause(now) }},
		{rollout.HaltUpdate, func(in rollout.Instruction, now time.Time) bool { return r.Halt(why(in), now) }},
		{rollout.ResumeUpdate, func(_ rollout.Instruction, now time.Time) bool { return r.Resume(now) }},
		{rollout.RollBackUpdate, func(in rollout.Instruction, now time.Time) bool { return r.RollBack(why(in), now) }},
	} {
		err := workflow.SetUpdateHandler(ctx, update.name, func(ctx workflow.Context, in rollout.Instruction) (rollout.View, error) {
			if !update.does(in, workflow.Now(ctx).UTC()) {
				return rollout.View{}, durable.Refuse(words.New("refuse.rollout", string(r.State), update.name))
			}
			return r.heard(ctx, in), nil
		})
		if err != nil {
			return err
		}
	}
	if err := workflow.SetUpdateHandler(ctx, rollout.RetryUpdate, r.retry); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, rollout.MembersQuery, r.members); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, order.ViewQuery, func() (rollout.View, error) { return r.view(ctx), nil })
}

// retry is refused where nobody has to try again.
func (r *rolling) retry(ctx workflow.Context, in rollout.Instruction) (rollout.View, error) {
	if r.Retry(workflow.Now(ctx).UTC()) == 0 {
		return rollout.View{}, durable.Refuse(words.New("refuse.rollout_nobody"))
	}
	r.noExt = r.noExt || in.NoExt
	return r.heard(ctx, in), nil
}

func (r *rolling) heard(ctx workflow.Context, in rollout.Instruction) rollout.View {
	r.actor, r.reason, r.said = in.Actor, in.Reason, true
	return r.view(ctx)
}

// members answers a page of members.
func (r *rolling) members(asked rollout.MembersAsked) (rollout.MembersPage, error) {
	page, next := r.Asked(r.input.ID, asked)
	return rollout.MembersPage{Members: page, Next: next}, nil
}

// why is what the rollout keeps of a reason, with who gave it.
func why(in rollout.Instruction) string { return order.AskedBy(in.Actor, in.Reason) }
