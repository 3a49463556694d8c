package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// wakeEarlyMessages calls the messages that came before this order.
func (o *orderRun) wakeEarlyMessages(ctx workflow.Context) {
	if o.Woken {
		return
	}
	o.Woken = true
	address := activities.OrderAddress{AppID: o.input.Request.AppID, OutOrderNo: o.input.Request.OutOrderNo}
	// Not waited for: a message that misses this call looks again by itself.
	start(ctx, address.AppID, activities.WakeDeliveries, address, "call the messages that came early")
}

// dispatch makes Deliveries of the messages in the outbox.
func (o *orderRun) dispatch(ctx workflow.Context) error {
	for len(o.Outbox) > 0 {
		next := o.Outbox[0]
		summary := "keep " + next.Notification.Name + " for a person: " + string(next.Disposition)
		err := start(ctx, o.input.Request.AppID, activities.StartDelivery, next, summary).Get(ctx, nil)
		if err != nil && !activities.IsStartRefused(err) {
			return err
		}
		if err != nil {
			o.happened(ctx, order.TimelineItem{
				Event: order.HappenedNotification, NotifyID: next.Notification.NotifyID, Disposition: order.DispositionDead,
				Note: next.Notification.Name + ": Temporal takes no delivery of it: " + err.Error(),
			})
		}
		o.Outbox = o.Outbox[1:]
	}
	return nil
}

// doubtToken : Alipay refused the token. Until the mini program has looked into
// it, no further call is made with it.
func (o *orderRun) doubtToken(ctx workflow.Context, failure *activities.Failure) {
	o.Authorization, o.RefusedToken = order.AuthorizationRevoked, failure.Code
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedAuthorizationChanged, Note: "Alipay refused the token: " + failure.Code,
	})
	o.askAboutToken(failure.Code, failure.Fingerprint)
}

// askAboutToken lets the mini program find out about the token. The doubt is kept
// until the answer has come, so that a run that begins with one tells it again.
func (o *orderRun) askAboutToken(code, fingerprint string) {
	o.Doubt = &order.Doubt{OutOrderNo: o.input.Request.OutOrderNo, Code: code, Fingerprint: fingerprint}
	o.told, o.dirty = false, true
}

// tellDoubt tells the mini program of the doubt.
func (o *orderRun) tellDoubt(ctx workflow.Context) {
	if o.Doubt == nil || o.told || o.teller.future != nil || !o.Claimed {
		return
	}
	id := order.MiniProgramWorkflowID(o.input.Request.AppID, o.MiniAppID)
	o.told = true
	o.teller = pending{future: workflow.SignalExternalWorkflow(ctx, id, "", order.DoubtSignal, *o.Doubt)}
}

// doubtTold : the mini program knows of the doubt, or is not there any more: somebody
// has terminated it, and the order claims it anew.
func (o *orderRun) doubtTold(ctx workflow.Context) {
	err := o.teller.future.Get(ctx, nil)
	o.teller.close()
	if err == nil {
		return
	}
	workflow.GetLogger(ctx).Warn("the mini program does not run and is claimed again", "error", err)
	o.Claimed, o.Doubt, o.Authorization = false, nil, order.AuthorizationNone
	o.turn++
}

// tellMiniProgram tells the mini program that its order has ended, and what is
// online. It is the last act: the entity passes later messages on as late.
func (o *orderRun) tellMiniProgram(ctx workflow.Context) error {
	if !o.Claimed {
		return nil
	}
	release := order.Release{
		OutOrderNo: o.input.Request.OutOrderNo, Stage: o.Stage, AppVersion: o.Version.AppVersion, BundleID: o.Version.Bundle(),
	}
	if o.Stage == order.StageOnline {
		release.Online = &order.OnlineVersion{
			AppVersion: o.Version.AppVersion, BundleID: o.Version.Bundle(), Since: *o.FinishedAt,
			Promotable: o.Promotable != nil && *o.Promotable, Limited: o.Limited,
		}
	}
	id := order.MiniProgramWorkflowID(o.input.Request.AppID, o.MiniAppID)
	err := workflow.SignalExternalWorkflow(ctx, id, "", order.ReleaseSignal, release).Get(ctx, nil)
	if err != nil {
		// The entity has been terminated by hand: nobody is left to tell.
		workflow.GetLogger(ctx).Warn("the mini program could not be told that its order has ended", "error", err)
	}
	return nil
}
