package workflows

import (
	"slices"

	"miniflow/order"
	"miniflow/words"
)

// What is refused of a command before anything is written: see registerCommands.

// fits refuses what a command brings when it is not what the command needs, or
// when the order carries too many corrections already.
func (o *orderRun) fits(command order.Command, in order.Instruction) words.Text {
	switch command {
	case order.CommandProvideInput:
		if in.Create == "" && in.Submission == nil && in.OrderNo == "" {
			return words.New("refuse.empty_input")
		}
	case order.CommandResubmit:
		if in.Submission == nil && in.Version == nil {
			return words.New("refuse.empty_resubmit")
		}
		if o.Stage == order.StageBuilding && in.Version == nil {
			return words.New("refuse.needs_version")
		}
	case order.CommandDecideBasePass:
		if in.Decision != order.BasePassGoOnline && in.Decision != order.BasePassResubmit {
			return words.New("refuse.decision", in.Decision, order.BasePassGoOnline, order.BasePassResubmit)
		}
	case order.CommandCertify:
		if in.Create == "" {
			return words.New("refuse.empty_certify")
		}
	case order.CommandApprove, order.CommandWithdraw, order.CommandRefresh, order.CommandRetry, order.CommandCancel,
		order.CommandGiveUp, order.CommandBeginAgain:
	}
	return o.hasRoom(in)
}

// hasRoom refuses a correction that the order's state can't carry any more, in
// number or in size. One that waits for a version's way back counts too.
func (o *orderRun) hasRoom(in order.Instruction) words.Text {
	create, submission := o.papers(), o.Submission.Fields
	if in.Create != "" {
		create = append(slices.Clone(create), in.Create)
	}
	if in.Submission != nil {
		if o.Rework != nil && o.Rework.Submission != nil {
			submission = slices.Concat(submission, o.Rework.Submission.Fields)
		}
		submission = slices.Concat(submission, in.Submission.Fields)
	}
	switch {
	case len(create) > order.MaxLayers || len(submission) > order.MaxLayers:
		return words.New("refuse.corrections", order.MaxLayers)
	case in.Create != "" && sealedBytes(create) > order.MaxCreateLayers,
		in.Submission != nil && sealedBytes(submission) > order.MaxSubmissionLayers:
		return words.New("refuse.large")
	}
	return words.Text{}
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
