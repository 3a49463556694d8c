package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// The message with the merchant's authorisation can be lost, and no query returns what it brought.
// Once Alipay sends it no more, a second way is opened beside the first: an invitation to authorise
// again. The order waits on whatever becomes of it.

// maxInvitations is how often Alipay is asked for an invitation that it refuses; the ordinary link
// stays.
const maxInvitations = 3

// inviteDue is when an invitation is asked for next; zero where none is to be.
func (o *orderRun) inviteDue() time.Time {
	after := o.input.Schedules.InviteAfter.Std()
	waits := o.Stage == order.StageAwaitingAuthorization && o.Placed && o.Queue == nil && !o.Observed && !o.CancelRequested
	if after <= 0 || !waits || o.InviteURL != "" {
		return time.Time{}
	}
	due := o.StageSince.Add(after)
	tried := o.Pauses.of(activities.Invite.Name)
	switch {
	case tried == nil:
		return due
	case tried.Times >= maxInvitations:
		return time.Time{}
	case tried.Next.After(due):
		return tried.Next
	}
	return due
}

// awaitTokenOrInvite waits for the token, and asks for an invitation once that is due. Nothing hangs on
// an answer that was lost: another page is no harm.
func (o *orderRun) awaitTokenOrInvite(ctx workflow.Context) error {
	if due := o.inviteDue(); due.IsZero() || o.now(ctx).Before(due) {
		return o.awaitToken(ctx)
	}
	err := o.pursue(ctx, o.inviting())
	if o.lost(activities.Invite.Name) {
		o.Act = nil
	}
	return err
}

// inviting asks Alipay for the page of the invitation. A refusal changes nothing for the order.
func (o *orderRun) inviting() pursuit {
	request := o.input.Request
	call := activities.InviteCall{
		Whose: o.whose(), AppID: request.AppID, MiniAppID: o.MiniAppID, OutOrderNo: request.OutOrderNo,
	}
	return calling(o, activities.Invite, call, words.New("do.invite"), o.invited).onRefusal(
		func(ctx workflow.Context, failure *activities.Failure) bool {
			o.pause(ctx, activities.Invite.Name, failure)
			return true
		})
}

// invited keeps the invitation, and has the merchant asked once more, since there is another way now.
func (o *orderRun) invited(ctx workflow.Context, page activities.Invited) {
	o.InviteURL = page.URL
	o.askMerchant(ctx, order.TaskAuthorize)
}
