package alipay

// MessageNames lists the names of messages that this package has constants for,
// as msg_method carries them; those of notify_type and service are not among them.
func MessageNames() []string {
	return []string{
		MessageMerchantConfirmed, MessageFastRegisterChanged, MessageVersionAuditPassed, MessageVersionAuditRejected,
		MessageVersionBaseAuditPassed, MessageAppAuthCancelled, MessageAppAuthCancel, MessageAPIFieldChanged,
		MessageUserAuthCancelled, MessageDepositBackCompleted, MessageZFTPassed, MessageZFTRejected,
		MessageOperationResult, MessageIntegrationSync, MessageTradeComplainChanged,
	}
}
