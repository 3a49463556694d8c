package order

// Command is what a person or the ISV's backend can ask of an order. Its text is the name of the Temporal update and the last
// part of the API's path.
type Command string

const (
	// CommandProvideInput corrects the fields that Alipay refused, or hands in order_no where the ISV creates by itself.
	CommandProvideInput Command = "provide-input"
	// CommandApprove makes a manual step go on, for this visit of its stage: the next asks again.
	CommandApprove Command = "approve"
	// CommandResubmit answers a rejection with a corrected submission or a new version; the rejected one is taken back first.
	CommandResubmit Command = "resubmit"
	// CommandDecideBasePass is for the policy that asks what follows an admission without promotion.
	CommandDecideBasePass Command = "decide-base-pass"
	// CommandWithdraw takes a version out of audit, before its verdict makes it a rejected one.
	CommandWithdraw Command = "withdraw"
	// CommandRefresh asks Alipay now instead of at the next poll, which can be an hour away.
	CommandRefresh Command = "refresh"
	// CommandRetry tries again what a hold has stopped, since only a person knows that its cause is gone.
	CommandRetry Command = "retry"
	// CommandCancel ends the order, after what stands at Alipay has been taken back.
	CommandCancel Command = "cancel"
	// CommandCertify hands in the papers by which Alipay makes a trial formal.
	CommandCertify Command = "certify"
	// CommandGiveUp ends an order that has failed for good, as creation_failed: what Alipay refuses for ever would otherwise keep
	// it open.
	CommandGiveUp Command = "give-up"
)

// Commands lists every command, because a workflow registers an update for each.
func Commands() []Command {
	return []Command{
		CommandProvideInput, CommandApprove, CommandResubmit, CommandDecideBasePass,
		CommandWithdraw, CommandRefresh, CommandRetry, CommandCertify, CommandCancel, CommandGiveUp,
	}
}
