package workflows

import (
	"errors"
	"fmt"
	"slices"

	"miniflow/order"
)

// What is refused of a command before anything is written: see registerCommands.

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
	const startAgain = "; cancel it and start a new one with the whole input"
	switch {
	case len(create) > order.MaxLayers || len(submission) > order.MaxLayers:
		return fmt.Errorf("this order has been corrected %d times"+startAgain, order.MaxLayers)
	case in.Create != "" && sealedBytes(create) > order.MaxCreateLayers,
		in.Submission != nil && sealedBytes(submission) > order.MaxSubmissionLayers:
		return errors.New("this order's corrections have become too large to keep; send only the fields that change, or" + startAgain[1:])
	}
	return nil
}

func sealedBytes(layers []order.Sealed) int {
	total := 0
	for _, layer := range layers {
		total += len(layer)
	}
	return total
}

// mustAsk reports whether a step waits for a person's approval: by policy, or because
// its act was undone behind the order's back.
func (o *orderRun) mustAsk(mode order.StepMode) bool {
	return (mode == order.StepManual || o.AskFirst == o.Stage) && !o.Visit.Approved
}
