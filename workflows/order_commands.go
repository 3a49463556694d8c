package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// registerCommands registers each command as a Temporal update of its own name, which is a
// signal with an answer: the person sees at once what the order made of it. A validator
// refuses what does not fit the situation before anything is written; a handler
// records what was asked and never blocks: the story does the rest.
func (o *orderRun) registerCommands(ctx workflow.Context) error {
	for _, command := range order.Commands() {
		handler := func(ctx workflow.Context, in order.Instruction) (order.View, error) {
			if known, err := o.Repeats.Knows(in); known || err != nil {
				return o.view(), err
			}
			o.execute(ctx, command, in)
			o.Repeats.Keep(in)
			return o.view(), nil
		}
		validator := func(_ workflow.Context, in order.Instruction) error {
			if known, err := o.Repeats.Knows(in); known || err != nil {
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

// validate refuses a command that does not fit the situation, or lacks what it
// needs. Nothing of it is written to the history then.
func (o *orderRun) validate(command order.Command, in order.Instruction) error {
	if err := o.situation().Refuse(command); err != nil {
		return durable.Refuse(words.OfError(err))
	}
	if why := o.fits(command, in); !why.IsZero() {
		return durable.Refuse(why)
	}
	return nil
}

// execute records a command. Each makes the order look at its situation again, and ask a
// question once more that Alipay had refused: a person has a reason.
func (o *orderRun) execute(ctx workflow.Context, command order.Command, in order.Instruction) {
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Actor: in.Actor, Note: words.Plain(string(command))})
	o.lookAgain()
	o.Visit.QuestionRefused, o.Visit.CertificationRefused = false, false
	switch command {
	case order.CommandProvideInput:
		o.provide(ctx, in)
	case order.CommandApprove:
		o.approve(ctx)
	case order.CommandResubmit:
		o.resubmit(ctx, in)
	case order.CommandDecideBasePass:
		o.decided(ctx, in.Decision)
	case order.CommandCertify:
		o.Certify = []order.Sealed{in.Create}
		o.tryNow()
	case order.CommandWithdraw:
		o.Withdraw = true
		o.unhold(ctx)
	case order.CommandRefresh:
		o.tryNow()
	case order.CommandBeginAgain: // starts a workflow, which is the API's to do: an order that runs does not need it
	case order.CommandRetry:
		o.tryNow()
		o.retry(ctx)
	case order.CommandGiveUp:
		o.giveUp(ctx, in.Reason)
	case order.CommandCancel:
		o.CancelRequested, o.Reason = true, words.Plain(order.CutText(in.Reason, 300))
		if !o.authorizationMissing() { // what held the story does not hold its end
			o.unhold(ctx)
		}
		o.tryNow()
	}
}

// provide takes corrected input, and the order_no of an order that the ISV created. One that is
// known is not replaced: it names what exists at Alipay.
func (o *orderRun) provide(ctx workflow.Context, in order.Instruction) {
	switch {
	case in.Create == "":
	case len(o.Certify) > 0:
		o.Certify = append(o.Certify, in.Create)
	default:
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

// correctSubmission lays a correction over the submission. What Alipay let nobody change is
// tried again, since the correction may have changed it.
func (o *orderRun) correctSubmission(correction order.Submission) {
	o.Submission.Correct(correction)
	o.Drop = nil
}

// replaceVersion takes a new version; what it leaves out stays as it was, but for its
// number, which Alipay takes once.
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
	if next.Experience == nil {
		next.Experience = o.Version.Experience
	}
	o.triedNumber(o.Version.AppVersion)
	o.Version, o.OwnNumber, o.Rebuilt = next, next.AppVersion == "", false
	o.beginBuild()
}

// resubmit answers a rejection: the rejected version has to be taken back first, which is
// the stage's work. Before any audit there is nothing to take back, and what was brought
// counts at once.
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
			o.move(ctx, order.EventVersionReplaced, words.New("note.replaced"))
		}
	}
	o.AskFirst = ""
	o.tryNow()
	o.unhold(ctx)
}

// decided takes the decision about an admission without promotion. A fix goes the way of a
// rejection, since Alipay wants the version taken back for both.
func (o *orderRun) decided(ctx workflow.Context, decision order.BasePassPolicy) {
	if decision == order.BasePassGoOnline {
		o.move(ctx, order.EventGoOnlineDecided, words.New("note.go_online"))
		return
	}
	o.move(ctx, order.EventFixDecided, words.New("note.fix"))
}

// retry tries again what a hold stopped. Where the token is in doubt, the mini
// program looks at it again and says what it found.
func (o *orderRun) retry(ctx workflow.Context) {
	o.wondering = o.Observed
	if o.authorizationMissing() {
		o.askAboutToken(order.RetryDoubt, "")
		return
	}
	o.claimAgain()
	o.certification.Close()
	o.unhold(ctx)
}
