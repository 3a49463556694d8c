package alipay

// MessageNames returns the values of msg_method that this package has constants for. Names
// that come as notify_type or service are left out, because they belong to other layouts.
func MessageNames() []string {
	return []string{
		MessageMerchantConfirmed, MessageFastRegisterChanged, MessageVersionAuditPassed, MessageVersionAuditRejected,
		MessageVersionBaseAuditPassed, MessageAppAuthCancelled, MessageAppAuthCancel, MessageAPIFieldChanged,
		MessageUserAuthCancelled, MessageDepositBackCompleted, MessageZFTPassed, MessageZFTRejected,
		MessageOperationResult, MessageIntegrationSync, MessageTradeComplainChanged,
	}
}
