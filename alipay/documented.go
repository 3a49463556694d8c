package alipay

import (
	"maps"
	"slices"
)

// DocumentedParameters lists the form parameters that Alipay documents for
// notifications and return URLs, sorted. It is for explaining a message whose
// signature doesn't hold: a parameter that isn't among them was likely added on
// the way. Verifying doesn't use it, since what is signed is genuine whatever
// its name.
func DocumentedParameters() []string {
	all := maps.Clone(envelopeParams)
	maps.Copy(all, flatParams)
	return slices.Sorted(maps.Keys(all))
}

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
