// Package bulk holds the workflow that gives many messages the same command.
//
// It promises that each message that was there when it began is asked at most once, however often
// processes die, that a message judges for itself whether it can do what is asked, and that it asks
// no more of them a second than was said.
package bulk

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// bulk is a Bulk at work.
type bulk struct {
	input order.BulkInput
	page  []byte
	view  order.BulkView
}

// Workflow goes through the pages of what is meant.
func Workflow(ctx workflow.Context, input order.BulkInput) (order.BulkView, error) {
	b := &bulk{input: input, view: input.View()}
	if carried := input.Carried; carried != nil {
		b.page, b.view = carried.Page, carried.Through
	}
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (order.BulkView, error) { return b.view, nil }); err != nil {
		return b.view, err
	}
	for more := true; more; {
		if durable.Crowded(ctx, input.CrowdedAt) {
			input.Carried = &order.BulkCarried{Page: b.page, Through: b.view}
			return b.view, workflow.NewContinueAsNewError(ctx, order.BulkWorkflowType, input)
		}
		var err error
		if more, err = b.turn(ctx); err != nil {
			return b.view, b.stopped(ctx, err)
		}
	}
	b.view.Complete = true
	b.end(ctx, order.BulkDone)
	return b.view, nil
}

// Bounds of a page: one that takes longer than its activity may would never end, and a rate above
// what a page holds would rest between pages.
const (
	mostOnPage   = 100
	pageSeconds  = 20
	leastOnAPage = 1
	// watchSeconds is how long somebody who watches waits for the next count.
	watchSeconds = 2
)

// turn commands the messages of one page, and reports whether more follow.
func (b *bulk) turn(ctx workflow.Context) (more bool, _ error) {
	b.show(ctx)
	most := min(max(int(b.input.Rate*pageSeconds), leastOnAPage), mostOnPage)
	app := b.input.Filter.AppID
	found, err := durable.AnswerTo(ctx, activities.ListDeliveries, durable.Start(ctx, app, activities.ListDeliveries,
		activities.DeliveriesQuestion{Filter: b.input.Filter, At: b.input.At, Page: b.page, Most: most}, b.say(words.New("do.list_meant"))))
	if err != nil {
		return false, err
	}
	b.view.Found += len(found.Deliveries)
	for some := range slices.Chunk(found.Deliveries, b.atOnce(ctx, len(found.Deliveries))) {
		commanded, err := durable.AnswerTo(ctx, activities.CommandDeliveries, durable.Start(ctx, app, activities.CommandDeliveries,
			activities.DeliveriesCommand{
				BulkID: b.input.ID, Command: b.input.Command, Instruction: b.input.Instruction, Rate: b.input.Rate, Deliveries: some,
			}, b.say(words.New("do.command_messages", b.input.Command, len(some)))))
		if err != nil {
			return false, err
		}
		b.count(commanded)
	}
	b.page = found.Next
	return len(b.page) > 0, nil
}

// changeCounts is the change by which a bulk counts within a page.
const changeCounts = "count-within-a-page"

// atOnce is how many messages of a page of so many are commanded before the next count: as many as
// somebody who watches waits for. A bulk that began before counted page by page.
func (b *bulk) atOnce(ctx workflow.Context, page int) int {
	if workflow.GetVersion(ctx, changeCounts, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return max(page, 1)
	}
	return max(int(b.input.Rate*watchSeconds), 1)
}

func (b *bulk) count(commanded activities.DeliveriesCommanded) {
	b.view.Taken += commanded.Taken
	b.view.Refused += len(commanded.Refusals)
	room := order.MaxBulkSample - len(b.view.Refusals)
	b.view.Refusals = append(b.view.Refusals, commanded.Refusals[:min(room, len(commanded.Refusals))]...)
}

// stopped ends a bulk that somebody cancelled. Nothing else ends one before its time: what fails is
// tried again for as long as it takes.
func (b *bulk) stopped(ctx workflow.Context, err error) error {
	if temporal.IsCanceledError(err) {
		b.end(ctx, order.BulkStopped)
	}
	return err
}

func (b *bulk) end(ctx workflow.Context, state order.BulkState) {
	now := workflow.Now(ctx).UTC()
	b.view.State, b.view.EndedAt = state, &now
	b.show(ctx)
}

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (b *bulk) say(text words.Text) string { return text.In(b.input.Language) }

// show brings the page that the Temporal UI shows up to date, in the language of the app's
// configuration.
func (b *bulk) show(ctx workflow.Context) {
	p := durable.NewPage(b.input.Language, words.New("page.rest_of_bulk"))
	p.Add("## "+p.Say(words.New("page.bulk", b.view.Command, b.view.Filter.AppID))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.state", words.Plain(string(b.view.State)))
	p.Row("page.found", words.New("page.messages", b.view.Found))
	p.Row("page.taken", words.New("page.messages", b.view.Taken))
	p.Row("page.refused", words.New("page.messages", b.view.Refused))
	p.Add("\n", 0)
	for _, one := range b.view.Refusals {
		p.Add("- **"+p.Say(words.Plain(one.NotifyID))+"** "+p.Say(one.Reason)+"\n", 0)
	}
	workflow.SetCurrentDetails(ctx, p.String())
}
