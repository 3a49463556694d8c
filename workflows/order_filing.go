package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// In mainland China a mini program needs an ICP filing (备案) to be released in full. Alipay has a query
// for it, and no page says which of its statuses means that it is done: a release that succeeds does. So
// the order sleeps, the app's Sweep asks how far the filing is, and the release is tried again where that
// has changed, and once a day.

// changeFiling names the change that holds an order for its filing. Before, the release was repeated as
// if the pipeline were busy.
const changeFiling = "order-awaits-filing"

// looksATry is how many looks at a filing go by for each try of the release: a refused call counts
// against the application's limit, and a look does not change.
const looksATry = 4

// awaitsFiling reports whether the release waits for the filing, which no other call may.
func (o *orderRun) awaitsFiling(ctx workflow.Context) bool {
	return o.holdKind() == order.HoldAwaitingFiling && o.paused(ctx, activities.PutOnline.Name)
}

// unfiled holds the order for its filing, where the limited release is not permitted. That can be
// permitted by provide-input at any time.
func (o *orderRun) unfiled(ctx workflow.Context, failure *activities.Failure) bool {
	if !failure.NeedsFiling || !o.sleeps || workflow.GetVersion(ctx, changeFiling, workflow.DefaultVersion, 1) < 1 {
		return false
	}
	o.pause(ctx, activities.PutOnline.Name, failure)
	waits := o.Pauses.of(activities.PutOnline.Name)
	if next := o.now(ctx).Add(looksATry * o.input.Schedules.Expect(order.WaitFiling)); next.After(waits.Next) {
		waits.Next = next
	}
	if o.holdKind() != order.HoldAwaitingFiling {
		o.Visit.Asked = false // nobody has asked about the filing
		o.hold(ctx, order.HoldAwaitingFiling, failure.Code, failure.Message, failure.Fields...)
	}
	return true
}

// awaitFiling sleeps until the filing, the version or the time for another try comes.
func (o *orderRun) awaitFiling(ctx workflow.Context) error {
	in := slumber{wait: order.WaitFiling, while: onItsWayOnline(), until: o.Pauses.of(activities.PutOnline.Name).Next}
	question := activities.FilingQuestion{
		Version: o.versionQuestion(o.once(o.input.Schedules.Filing), in.while...), Known: o.Hold.Filing(),
	}
	return o.sleep(ctx, in, calling(o, activities.AwaitFiling, question, words.New("do.ask_filing"), o.adoptFiling))
}

// adoptFiling takes what Alipay says of the filing. A status that follows another may be the end.
func (o *orderRun) adoptFiling(ctx workflow.Context, truth activities.FilingAnswer) {
	if !slices.Contains(onItsWayOnline(), truth.Version.Status) {
		o.adoptVersion(ctx, truth.Version)
		return
	}
	status := order.Filing(order.CutText(string(truth.Status), maxStatus))
	if o.holdKind() != order.HoldAwaitingFiling || status == "" || status == o.Hold.Filing() {
		return
	}
	known := o.Hold.Filing()
	o.hold(ctx, order.HoldAwaitingFiling, string(status), words.New("hold.filing", order.CodeUnfiled, status, truth.Message), o.Hold.Fields...)
	if waits := o.Pauses.of(activities.PutOnline.Name); waits != nil && known != "" && !status.Rejected() {
		waits.Next = o.now(ctx)
	}
}
