package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// RefusedType is the type of the application error with which a command is refused.
const RefusedType = "refused"

// takeCommands registers each command as an update of its own name. A validator
// refuses what does not fit the situation before anything is written; a handler
// records what was asked and never blocks: the story does the rest.
func (o *orderRun) takeCommands(ctx workflow.Context) error {
	for _, command := range order.Commands() {
		handler := func(ctx workflow.Context, in order.Instruction) (order.View, error) {
			if known, err := o.Repeats.knows(in); known || err != nil {
				return o.view(), err
			}
			o.obey(ctx, command, in)
			o.Repeats.keep(in)
			return o.view(), nil
		}
		validator := func(_ workflow.Context, in order.Instruction) error {
			if known, err := o.Repeats.knows(in); known || err != nil {
				return err
			}
			return o.validate(command, in)
		}
		options := workflow.UpdateHandlerOptions{Validator: validator}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, string(command), handler, options); err != nil {
			return err
		}
	}
	return nil
}

func (o *orderRun) validate(command order.Command, in order.Instruction) error {
	err := o.situation().Refuse(command)
	if err == nil {
		err = o.fits(command, in)
	}
	if err == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), RefusedType, nil)
}

// fits refuses what a command brings when it is not what the command needs, or
// when the order carries too many corrections already.
func (o *orderRun) fits(command order.Command, in order.Instruction) error {
	switch command {
	case order.CommandProvideInput:
		if in.Create == "" && in.Submission == nil && in.OrderNo == "" {
			return errors.New("provide-input needs create, submission or order_no")
		}
	case order.CommandResubmit:
		if in.Submission == nil && in.Version == nil {
			return errors.New("resubmit needs what changes: submission or version")
		}
		if o.Stage == order.StageBuilding && in.Version == nil {
			return errors.New("resubmit needs a version while the order is building")
		}
	case order.CommandDecideBasePass:
		if in.Decision != order.BasePassGoOnline && in.Decision != order.BasePassResubmit {
			return fmt.Errorf("decision is %q; it has to be %s or %s", in.Decision, order.BasePassGoOnline, order.BasePassResubmit)
		}
	case order.CommandApprove, order.CommandWithdraw, order.CommandRefresh, order.CommandRetry, order.CommandCancel,
		order.CommandGiveUp, order.CommandBeginAgain:
	}
	return o.hasRoom(in)
}

// hasRoom refuses a correction that the order's state can't carry any more, in
// number or in size. One that waits for a version's way back counts too.
func (o *orderRun) hasRoom(in order.Instruction) error {
	create, submission := o.Create, o.Submission.Fields
	if in.Create != "" {
		create = append(slices.Clone(create), in.Create)
	}
	if in.Submission != nil {
		if o.Rework != nil && o.Rework.Submission != nil {
			submission = slices.Concat(submission, o.Rework.Submission.Fields)
		}
		submission = slices.Concat(submission, in.Submission.Fields)
	}
	const startAnew = "; cancel it and start a new one with the whole input"
	switch {
	case len(create) > order.MaxLayers || len(submission) > order.MaxLayers:
		return fmt.Errorf("this order has been corrected %d times"+startAnew, order.MaxLayers)
	case in.Create != "" && sealedBytes(create) > order.MaxCreateLayers,
		in.Submission != nil && sealedBytes(submission) > order.MaxSubmissionLayers:
		return errors.New("this order's corrections have become too large to keep; send only the fields that change, or" + startAnew[1:])
	}
	return nil
}

// obey records a command. Whatever it changes, the order looks at its situation anew.
func (o *orderRun) obey(ctx workflow.Context, command order.Command, in order.Instruction) {
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Actor: in.Actor, Note: string(command)})
	o.turn++
	o.Visit.QuestionRefused = false
	switch command {
	case order.CommandProvideInput:
		o.provide(ctx, in)
	case order.CommandApprove:
		o.Visit.Approved, o.AskFirst = true, ""
		o.unhold(ctx)
	case order.CommandResubmit:
		o.resubmit(ctx, in)
	case order.CommandDecideBasePass:
		o.decided(ctx, in.Decision)
	case order.CommandWithdraw:
		o.Withdraw = true
		o.unhold(ctx)
	case order.CommandRefresh:
		o.tryNow()
	case order.CommandBeginAgain: // the doors' to carry out: a run that can hear it needs none
	case order.CommandRetry:
		o.tryNow()
		o.retry(ctx)
	case order.CommandGiveUp:
		o.giveUp(ctx, in.Reason)
	case order.CommandCancel:
		o.CancelRequested, o.Reason = true, order.CutText(in.Reason, 300)
		if !o.authorizationMissing() { // what held the story does not hold its end
			o.unhold(ctx)
		}
		o.tryNow()
	}
}

func (o *orderRun) provide(ctx workflow.Context, in order.Instruction) {
	if in.Create != "" {
		o.Create = append(o.Create, in.Create)
	}
	if in.Submission != nil {
		o.correctSubmission(*in.Submission)
	}
	if in.OrderNo != "" && o.OrderNo == "" {
		o.OrderNo = in.OrderNo
	}
	o.tryNow()
	o.unhold(ctx)
}

// correctSubmission lays a correction over the submission.
func (o *orderRun) correctSubmission(correction order.Submission) {
	o.Submission.Correct(correction)
	o.Drop = nil
}

// replaceVersion takes a new version; what it leaves out stays as it was, but for its number.
func (o *orderRun) replaceVersion(next order.Version) {
	if next.TemplateID == "" {
		next.TemplateID = o.Version.TemplateID
	}
	if next.BundleID == "" {
		next.BundleID = o.Version.BundleID
	}
	if next.Ext == "" {
		next.Ext = o.Version.Ext
	}
	o.triedNumber(o.Version.AppVersion)
	o.Version, o.OwnNumber, o.Rebuilt = next, next.AppVersion == "", false
	o.beginBuild()
}

// resubmit answers a rejection. Before any audit there is nothing to take back.
func (o *orderRun) resubmit(ctx workflow.Context, in order.Instruction) {
	if o.Stage == order.StageAuditRejected {
		o.Rework = &in
		o.unhold(ctx)
		return
	}
	if in.Submission != nil {
		o.correctSubmission(*in.Submission)
	}
	if in.Version != nil {
		o.replaceVersion(*in.Version)
		if o.Stage != order.StageBuilding {
			o.move(ctx, order.EventVersionReplaced, "a new version takes its place")
		}
	}
	o.AskFirst = ""
	o.tryNow()
	o.unhold(ctx)
}

func (o *orderRun) decided(ctx workflow.Context, decision order.BasePassPolicy) {
	if decision == order.BasePassGoOnline {
		o.move(ctx, order.EventGoOnlineDecided, "online without promotion")
		return
	}
	o.move(ctx, order.EventFixDecided, "to be fixed and submitted again")
}

// retry tries again what a hold stopped. Where the token is in doubt, the mini
// program looks at it again and says what it found.
func (o *orderRun) retry(ctx workflow.Context) {
	if o.authorizationMissing() {
		o.askAboutToken(retryDoubt, "")
		return
	}
	o.claimAnew()
	if o.certifier.future != nil {
		o.certifier.close()
	}
	o.unhold(ctx)
}
