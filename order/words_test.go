package order_test

import (
	"testing"
	"time"

	"miniflow/order"
)

// TestWhatAnOrderSaysItWaitsFor: one sentence, and of several things that keep it the one
// that comes first.
func TestWhatAnOrderSaysItWaitsFor(t *testing.T) {
	at := time.Date(2026, 11, 20, 16, 5, 0, 0, time.FixedZone("CST", 8*60*60))
	queue := &order.QueuePlace{Behind: "OUT0", Place: 2}
	tests := []struct {
		at   order.Situation
		want string
	}{
		{order.Situation{Stage: order.StageCreating}, "Alipay to accept the request to create the mini program"},
		{order.Situation{Stage: order.StageCreating, Policy: order.Policy{Create: order.StepExternal}},
			"the order_no of the order that the ISV creates (provide-input), or Alipay's message about it"},
		{order.Situation{Stage: order.StageBuilding, Call: "upload"}, "Alipay's answer to upload"},
		{order.Situation{Stage: order.StageBuilding, Call: "upload", Hold: order.HoldNeedsOperator, HoldCode: "LOST"}, "Alipay's answer to upload"},
		{order.Situation{Stage: order.StageBuilding, Call: "upload", Paused: "upload", LastAnswer: "BUSY", NextTry: at},
			"upload to be tried again; it was answered BUSY; next try at 2026-11-20T08:05:00Z"},
		{order.Situation{Stage: order.StageBuilding, Paused: "upload", LastAnswer: "BUSY"}, "upload to be tried again; it was answered BUSY"},
		{order.Situation{Stage: order.StageSubmitting, Hold: order.HoldPipelineBusy, HoldCode: "pipeline_busy", NextTry: at},
			"what stands in the way at Alipay to pass (pipeline_busy); tried again by itself; next try at 2026-11-20T08:05:00Z"},
		{order.Situation{Stage: order.StageCreating, Hold: order.HoldNeedsInput, HoldCode: "PHONE", HoldFields: []string{"create.contact_phone"}},
			"corrected input: PHONE (provide-input)"},
		{order.Situation{Stage: order.StageBuilding, Hold: order.HoldNeedsInput, HoldCode: "TAKEN", HoldFields: []string{"submission.memo", "version.app_version"}},
			"another version: TAKEN (resubmit with a version)"},
		{order.Situation{Stage: order.StageBuilding, Hold: order.HoldNeedsOperator, HoldCode: "HAS_RISK"}, "a person to look: HAS_RISK (retry, cancel or give-up)"},
		{order.Situation{Stage: order.StageAuditing, CancelRequested: true}, "its cancellation to be carried out at Alipay"},
		{order.Situation{Stage: order.StageAwaitingMerchant, CancelRequested: true},
			"Alipay to end the order; a cancellation has been asked for and can't be told to Alipay at this stage"},
		{order.Situation{Stage: order.StageAwaitingMerchant}, "the merchant to confirm in the Alipay app"},
		{order.Situation{Stage: order.StageAwaitingAuthorization, Queue: queue}, "its turn: queued behind order OUT0, which is in charge of the mini program (place 2)"},
		{order.Situation{Stage: order.StageBuilding, Queue: queue, Hold: order.HoldPipelineBusy}, "its turn: queued behind order OUT0, which is in charge of the mini program (place 2)"},
		{order.Situation{Stage: order.StageAwaitingAuthorization, Queue: queue, CancelRequested: true}, "its cancellation to be carried out at Alipay"},
		{order.Situation{Stage: order.StageOnline, Hold: order.HoldNeedsOperator, Call: "online"}, "nothing; the order has ended"},
	}
	for _, test := range tests {
		if got := test.at.WaitingFor().String(); got != test.want {
			t.Errorf("%+v\nwaits for %q\nand not  %q", test.at, got, test.want)
		}
	}
}

// TestWhyACommandIsNotTaken tells a person what stands in the way, and of two reasons the one that counts.
func TestWhyACommandIsNotTaken(t *testing.T) {
	tests := []struct {
		command order.Command
		at      order.Situation
		want    string // empty: it is taken
	}{
		{order.CommandApprove, order.Situation{Stage: order.StageOnline},
			"approve is not possible now: the order has ended (online); start a new order with a new out_order_no"},
		{order.CommandApprove, order.Situation{Stage: order.StageReleasing, CancelRequested: true, Hold: order.HoldNeedsApproval},
			"approve is not possible now: its cancellation has been asked for and is carried out as soon as Alipay allows"},
		{order.CommandCancel, order.Situation{Stage: order.StageReleasing, CancelRequested: true},
			"cancel is not possible now: its cancellation has been asked for and is carried out as soon as Alipay allows"},
		{order.CommandCancel, order.Situation{Stage: order.StageReleasing, Call: "online"}, ""},
		{order.CommandApprove, order.Situation{Stage: order.StageReleasing, Call: "online", Hold: order.HoldNeedsApproval},
			"approve is not possible now: Alipay's answer to online is awaited, and decides what is possible next; ask again in a moment, or cancel"},
		{order.CommandRetry, order.Situation{Stage: order.StageReleasing, Hold: order.HoldNeedsApproval}, "retry is not possible now: nothing is on hold that could be tried again"},
		{order.CommandRetry, order.Situation{Stage: order.StageReleasing, Hold: order.HoldPunished}, ""},
		{order.CommandGiveUp, order.Situation{Stage: order.StageSubmitting, Hold: order.HoldPunished},
			"give-up is not possible now: nothing has failed for good; cancel ends an order that has not"},
		{order.CommandGiveUp, order.Situation{Stage: order.StageSubmitting, Hold: order.HoldNeedsInput}, ""},
		{order.CommandGiveUp, order.Situation{Stage: order.StageSubmitting, Hold: order.HoldNeedsOperator, CancelRequested: true}, ""},
		{order.CommandGiveUp, order.Situation{Stage: order.StageSubmitting, Hold: order.HoldNeedsOperator, Call: "audit.apply"},
			"give-up is not possible now: Alipay's answer to audit.apply is awaited, and decides what is possible next; ask again in a moment, or cancel"},
		{order.CommandResubmit, order.Situation{Stage: order.StageAuditRejected, Reworking: true},
			"resubmit is not possible now: the version is being taken back after an earlier resubmit"},
		{order.CommandResubmit, order.Situation{Stage: order.StageAuditRejected, Reworking: true, Hold: order.HoldNeedsOperator}, ""},
		{order.CommandResubmit, order.Situation{Stage: order.StageBuilding}, "resubmit is not possible now: the version is on its way; wait for its result"},
		{order.CommandResubmit, order.Situation{Stage: order.StageBuilding, Hold: order.HoldNeedsInput}, ""},
		{order.CommandResubmit, order.Situation{Stage: order.StageBuilding, Hold: order.HoldNeedsApproval}, ""},
		{order.CommandResubmit, order.Situation{Stage: order.StageBuilding, Hold: order.HoldPunished}, "resubmit is not possible now: the version is on its way; wait for its result"},
		{order.CommandResubmit, order.Situation{Stage: order.StageBasePassed}, "resubmit is not possible now: decide first: decide-base-pass with decision resubmit"},
		{order.CommandResubmit, order.Situation{Stage: order.StageAuditing}, "resubmit is not possible now: no version has been rejected"},
		{order.CommandWithdraw, order.Situation{Stage: order.StageAuditing, Withdrawing: true},
			"withdraw is not possible now: the version is being withdrawn already; retry tries it at once"},
		{order.CommandWithdraw, order.Situation{Stage: order.StageAuditing, Hold: order.HoldNeedsOperator}, ""},
		{order.CommandWithdraw, order.Situation{Stage: order.StageAuditing, Hold: order.HoldPunished},
			"withdraw is not possible now: no version is in audit, or the merchant's authorisation is missing"},
		{order.CommandWithdraw, order.Situation{Stage: order.StageReleasing},
			"withdraw is not possible now: no version is in audit, or the merchant's authorisation is missing"},
		{order.CommandDecideBasePass, order.Situation{Stage: order.StageBasePassed, Withdrawing: true},
			"decide-base-pass is not possible now: the version is being taken back after a withdraw"},
		{order.CommandDecideBasePass, order.Situation{Stage: order.StageAuditing}, "decide-base-pass is not possible now: the order is not at base_passed"},
		{order.CommandProvideInput, order.Situation{Stage: order.StageCreating, Hold: order.HoldNeedsApproval, Policy: order.Policy{Create: order.StepExternal}}, ""},
		{order.CommandProvideInput, order.Situation{Stage: order.StageBuilding, Policy: order.Policy{Create: order.StepExternal}},
			"provide-input is not possible now: the order does not wait for input"},
		{order.CommandProvideInput, order.Situation{Stage: order.StageSubmitting, Hold: order.HoldPunished}, "provide-input is not possible now: the order does not wait for input"},
		{order.CommandBeginAgain, order.Situation{Stage: order.StageAuditing}, "begin-again is not possible now: the order's workflow runs; use the commands that it lists"},
		{"dance", order.Situation{Stage: order.StageAuditing}, `dance is not possible now: there is no command "dance"`},
	}
	for _, test := range tests {
		got := ""
		if err := test.at.Refuse(test.command); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s at %+v\nsays    %q\nand not %q", test.command, test.at, got, test.want)
		}
	}
}
