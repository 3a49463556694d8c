package rolling

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// do makes a call of the rollout and waits for its answer.
func do[Input, Answer any](ctx workflow.Context, r *rolling, call activities.Call[Input, Answer], input Input, does words.Text) (Answer, error) {
	return durable.AnswerTo(ctx, call, durable.Start(ctx, r.appID(), call, input, r.say(does)))
}

// list finds some members, and begins the first wave once all are found.
func (r *rolling) list(ctx workflow.Context) error {
	found, err := do(ctx, r, activities.FindMembers, activities.FindMembersCall{
		AppID: r.appID(), Version: r.version(), From: r.input.From, Cursor: *r.cursor,
	}, words.New("do.find_members"))
	if err != nil {
		return r.failed(ctx, err)
	}
	r.Found(found.IDs)
	r.Without(found.Except)
	if r.cursor = found.Next; r.cursor == nil {
		r.cursor = &rollout.Cursor{Page: 1} // where a list begins again that finds nobody
		r.Begin(workflow.Now(ctx).UTC())
	}
	return nil
}

// start begins the orders of some members.
func (r *rolling) start(ctx workflow.Context, members []int) error {
	at := workflow.Now(ctx).UTC()
	call := activities.StartReleasesCall{
		RolloutID: r.input.ID, Request: r.input.Request, Ext: r.input.Ext, NoExt: r.noExt,
		Schedules: r.input.Schedules, Language: string(r.input.Language),
	}
	for _, i := range members {
		call.Releases = append(call.Releases, r.release(i))
	}
	answer, err := do(ctx, r, activities.StartReleases, call, words.New("do.start_releases", len(members)))
	if err != nil {
		return r.failed(ctx, err)
	}
	r.Started(at, answer.Starts)
	return nil
}

// tell gives orders their errands.
func (r *rolling) tell(ctx workflow.Context, members []int) error {
	at := workflow.Now(ctx).UTC()
	r.asked++
	call := activities.TellReleasesCall{
		AppID: r.appID(), RolloutID: r.input.ID, Key: r.asked, Actor: r.actor, Reason: r.reason,
	}
	for _, i := range members {
		call.Errands = append(call.Errands, activities.Telling{ReleaseOf: r.release(i), Errand: r.Members[i].Errand})
	}
	answer, err := do(ctx, r, activities.TellReleases, call, words.New("do.tell_releases", len(members)))
	if err != nil {
		return err // only a cancellation: what an order refuses is its answer
	}
	r.WasTold(at, answer.Told)
	return nil
}

// takeBack puts the version before back online, for some members.
func (r *rolling) takeBack(ctx workflow.Context, members []int) error {
	at := workflow.Now(ctx).UTC()
	call := activities.RollBackCall{AppID: r.appID(), BundleID: r.version().Bundle()}
	for _, i := range members {
		m := r.Members[i]
		call.Versions = append(call.Versions, activities.OnlineOf{Index: i, MiniAppID: m.MiniAppID, AppVersion: m.Version})
	}
	answer, err := do(ctx, r, activities.RollBackVersions, call, words.New("do.roll_back", len(members)))
	if err != nil {
		return err // only a cancellation: what Alipay refuses is each member's own
	}
	r.TookBack(at, len(members), answer.Undone)
	r.tellMiniPrograms(ctx, answer.Undone)
	return ctx.Err()
}

// tellMiniPrograms has those that were taken back look what they have online. One that does not run is
// looked at when it does.
func (r *rolling) tellMiniPrograms(ctx workflow.Context, undone []rollout.TakenBack) {
	var told []workflow.Future
	for _, one := range undone {
		if m := r.Members[one.Index]; one.Code == "" {
			in := order.MiniProgramInstruction{Actor: r.actor, Reason: r.reason, AppVersion: m.Version}
			told = append(told, workflow.SignalExternalWorkflow(ctx, order.MiniProgramWorkflowID(r.appID(), m.MiniAppID), "", order.RolledBackSignal, in))
		}
	}
	for _, signal := range told {
		if err := signal.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("a mini program could not be told that it is back at the version before", "error", err)
		}
	}
}

// lag is how far Temporal's lists may be behind.
const lag = 2 * time.Minute

// look takes in which orders have changed.
func (r *rolling) look(ctx workflow.Context) error {
	at := workflow.Now(ctx).UTC()
	call := activities.LookAtReleasesCall{AppID: r.appID(), RolloutID: r.input.ID}
	if !r.lookedAt.IsZero() {
		call.Since = r.lookedAt.Add(-lag)
	}
	for {
		seen, err := do(ctx, r, activities.LookAtReleases, call, words.New("do.look_at_releases"))
		if err != nil {
			return err // only a cancellation: Temporal is asked until it answers
		}
		r.Saw(at, r.input.ID, seen.Seen)
		if call.Page = seen.Next; len(call.Page) == 0 {
			break
		}
	}
	r.lookedAt = at
	return nil
}
