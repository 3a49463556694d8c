package order

// WaitingFor says in one sentence what the order waits for.
func (s Situation) WaitingFor() string {
	if s.Hold != "" {
		return s.holdWording()
	}
	if s.CancelRequested {
		return "Alipay to end the order; a cancellation has been asked for and can't be told to Alipay at this stage"
	}
	switch s.Stage {
	case StageCreating:
		if s.Policy.Create == StepExternal {
			return "the order_no of the order that the ISV creates (provide-input), or Alipay's message about it"
		}
		return "Alipay to accept the request to create the mini program"
	case StageAwaitingMerchant:
		return "the merchant to confirm in the Alipay app"
	case StageAwaitingAuthorization:
		return "the merchant's authorisation (open_app_auth_notify), or an imported token"
	case StageBuilding:
		return "Alipay to build the version from the template"
	case StageScanning:
		return "the security scan of the version"
	case StageSubmitting:
		return "the version to be submitted for audit"
	case StageAuditing:
		return "the audit's result, usually within two working days"
	case StageAuditRejected:
		return "resubmit, with a corrected submission or a new version"
	case StageBasePassed:
		return "the decision whether to go online without promotion (decide-base-pass)"
	case StageReleasing:
		return "the version to be online"
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return "nothing; the order has ended"
	}
	return ""
}

func (s Situation) holdWording() string {
	switch s.Hold {
	case HoldNeedsApproval:
		return "a person's approval (approve)"
	case HoldNeedsInput:
		return "corrected input: " + s.HoldCode + " (provide-input)"
	case HoldNeedsOperator:
		return "a person to look: " + s.HoldCode + " (retry or cancel)"
	case HoldAuthorizationRevoked:
		return "the merchant to authorise again"
	case HoldPunished:
		return "the merchant's appeal against Alipay's penalty; tried again by itself"
	case HoldPipelineBusy:
		return "Alipay's pipeline to be free (" + s.HoldCode + "); tried again by itself"
	case HoldAwaitingCertification:
		return "the merchant to certify the trial mini program"
	}
	return ""
}

// Next says in one sentence what follows once the wait is over.
func (s Situation) Next() string {
	switch s.Stage {
	case StageCreating:
		return "the merchant is asked to confirm"
	case StageAwaitingMerchant:
		return "the mini program exists and its authorisation is awaited"
	case StageAwaitingAuthorization:
		return "a version is built from the template"
	case StageBuilding:
		return "Alipay scans the version"
	case StageScanning:
		return "the version is submitted for audit"
	case StageSubmitting:
		return "Alipay audits the version"
	case StageAuditing:
		return "the version is released, or its rejection is shown"
	case StageAuditRejected:
		return "the version is taken back and submitted again"
	case StageBasePassed:
		return "the version goes online without promotion, or is fixed"
	case StageReleasing:
		return "the order ends online"
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return "nothing"
	}
	return ""
}
