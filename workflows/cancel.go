package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// cancellable tells whether a cancellation can be carried out now. While the
// merchant can still confirm, Alipay can't be told; and while create may have
// arrived at Alipay, nobody knows whether there is something to confirm.
func (o *orderRun) cancellable() bool {
	switch o.Stage {
	case order.StageCreating:
		external := o.input.Request.Policy.Create == order.StepExternal
		return o.OrderNo == "" && (external || (o.Hold != nil && o.Hold.Code != watchdogCode))
	case order.StageAwaitingMerchant:
		return false
	case order.StageAwaitingAuthorization, order.StageBuilding, order.StageScanning, order.StageSubmitting,
		order.StageAuditing, order.StageAuditRejected, order.StageBasePassed, order.StageReleasing,
		order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut,
		order.StageCreationFailed, order.StageCancelled:
		return true
	}
	return true
}

// cancel takes the version out of Alipay's pipeline where it is in it, so that
// the mini program is free for the next order, and ends the order.
func (o *orderRun) cancel(ctx workflow.Context) error {
	call, summary := "", ""
	switch o.Stage {
	case order.StageAuditing:
		call, summary = activities.CancelAudit, "cancelled: withdraw the version from audit"
	case order.StageAuditRejected, order.StageBasePassed, order.StageReleasing:
		call, summary = activities.TakeBack, "cancelled: take the version back into development"
	case order.StageCreating, order.StageAwaitingMerchant, order.StageAwaitingAuthorization, order.StageBuilding,
		order.StageScanning, order.StageSubmitting, order.StageOnline, order.StageMerchantRejected,
		order.StageConfirmTimedOut, order.StageCreationFailed, order.StageCancelled:
	}
	if call == "" || o.authorizationMissing() || o.Blind {
		o.move(ctx, order.EventCancelled, o.cancelNote())
		return nil
	}
	stage := o.Stage
	return o.pursue(ctx, pursuit{
		call: call, summary: summary, input: o.versionQuestion(activities.Pacing{}),
		answered: answer(ctx, func(truth activities.VersionAnswer) {
			if truth.Status == activities.VersionInit {
				o.move(ctx, order.EventCancelled, o.cancelNote())
				return
			}
			if o.adoptVersion(ctx, truth); o.Stage == stage {
				o.move(ctx, order.EventCancelled, "cancelled; Alipay keeps the version at "+string(truth.Status))
			}
		}),
		refused: func(failure *activities.Failure) bool {
			o.move(ctx, order.EventCancelled, "cancelled; Alipay refused to take the version back: "+failure.Code)
			return true
		},
	})
}

func (o *orderRun) cancelNote() string {
	confirms := o.input.Request.Kind != order.KindRelease
	if confirms && o.MiniAppID != "" && o.Stage == order.StageAwaitingAuthorization {
		return "cancelled; the merchant confirmed " + o.MiniAppID + " after all"
	}
	if o.Reason != "" {
		return o.Reason
	}
	return "cancelled by command"
}
