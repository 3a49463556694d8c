package activities

import (
	"miniflow/alipay"
	"miniflow/order"
)

// AnnouncedBy names the message by which Alipay announces a fact about an order of a kind: a
// verdict, a trial's certification, or the merchant's answer.
func AnnouncedBy(kind order.Kind, verdict order.Verdict, certification order.Certification) string {
	switch {
	case verdict == order.VerdictPassed:
		return alipay.MessageVersionAuditPassed
	case verdict == order.VerdictRejected:
		return alipay.MessageVersionAuditRejected
	case verdict == order.VerdictBasePassed:
		return alipay.MessageVersionBaseAuditPassed
	case certification != "" || kind == order.KindTrial:
		return alipay.MessageFastRegisterChanged
	}
	return alipay.MessageMerchantConfirmed
}
