package attention

import "miniflow/words"

// Text names a kind for people, as Alipay's site calls it where it has a name for it.
func (k Kind) Text() words.Text {
	switch k {
	case KindWorkflowStopped:
		return words.New("kind.workflow_stopped")
	case KindWebhookDown:
		return words.New("kind.webhook_down")
	case KindForwardFailing:
		return words.New("kind.forward_failing")
	case KindCertificateEnds:
		return words.New("kind.certificate_ends")
	case KindAuthorization:
		return words.New("kind.authorization")
	case KindNeedsOperator:
		return words.New("kind.needs_operator")
	case KindNeedsInput:
		return words.New("kind.needs_input")
	case KindNeedsApproval:
		return words.New("kind.needs_approval")
	case KindDeliveryDead:
		return words.New("kind.delivery_dead")
	case KindAuditRejected:
		return words.New("kind.audit_rejected")
	case KindFiling:
		return words.New("kind.filing")
	case KindOffline:
		return words.New("kind.mini_program_offline")
	case KindBasePassed:
		return words.New("kind.base_passed")
	}
	return words.Plain(string(k))
}
