package order

import "miniflow/words"

// Name is the stage as people read it, in the words of Alipay's own pages where those have one. The
// stage itself stays a code, the same for every program.
func (s Stage) Name() words.Text {
	switch s {
	case StageCreating:
		return words.New("stage.creating")
	case StageAwaitingMerchant:
		return words.New("stage.awaiting_merchant")
	case StageAwaitingAuthorization:
		return words.New("stage.awaiting_authorization")
	case StageBuilding:
		return words.New("stage.building")
	case StageScanning:
		return words.New("stage.scanning")
	case StageSubmitting:
		return words.New("stage.submitting")
	case StageAuditing:
		return words.New("stage.auditing")
	case StageAuditRejected:
		return words.New("stage.audit_rejected")
	case StageBasePassed:
		return words.New("stage.base_passed")
	case StageReleasing:
		return words.New("stage.releasing")
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return s.endName()
	}
	return words.Plain(string(s))
}

func (s Stage) endName() words.Text {
	switch s {
	case StageOnline:
		return words.New("stage.online")
	case StageMerchantRejected:
		return words.New("stage.merchant_rejected")
	case StageConfirmTimedOut:
		return words.New("stage.confirm_timed_out")
	case StageCreationFailed:
		return words.New("stage.creation_failed")
	default:
		return words.New("stage.cancelled")
	}
}
