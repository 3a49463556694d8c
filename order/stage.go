package order

// Stage says where an order stands. An order is in exactly one stage, and moves only by [Next].
type Stage string

const (
	// StageCreating means that create is being called, or awaited from the ISV. Alipay's queries want the order_no that comes of
	// it.
	StageCreating Stage = "creating"
	// StageAwaitingMerchant means that Alipay's order_no is known and the merchant has to confirm. Alipay has no call that takes
	// the question back.
	StageAwaitingMerchant Stage = "awaiting_merchant"
	// StageAwaitingAuthorization means that the mini program's id is known and a valid token is not, which no query returns.
	StageAwaitingAuthorization Stage = "awaiting_authorization"
	// StageBuilding means that a version is being uploaded or built. Alipay sends no message at its end; it is polled.
	StageBuilding Stage = "building"
	// StageScanning means that scan_result is not True yet: a version can't be submitted before.
	StageScanning Stage = "scanning"
	// StageSubmitting means that audit.apply is being called, or waits under a hold: Alipay audits one version at a time.
	StageSubmitting Stage = "submitting"
	// StageAuditing mirrors Alipay's status AUDITING.
	StageAuditing Stage = "auditing"
	// StageAuditRejected means that the audit refused the version. Until it is taken back, it blocks any other.
	StageAuditRejected Stage = "audit_rejected"
	// StageBasePassed means that the version is admitted and not promotable (不可营销). What that is worth, the merchant has to say.
	StageBasePassed Stage = "base_passed"
	// StageReleasing means that the version has passed (WAIT_RELEASE) and is being put online, by Miniflow or by auto_online.
	StageReleasing Stage = "releasing"
	// StageOnline ends an order: the version is RELEASE. What happens to it later concerns its MiniProgram.
	StageOnline Stage = "online"
	// StageMerchantRejected ends an order: the merchant declined. Alipay wants a new out_order_no for another try.
	StageMerchantRejected Stage = "merchant_rejected"
	// StageConfirmTimedOut ends an order: Alipay, which alone knows the time limit, said that the merchant did not answer.
	StageConfirmTimedOut Stage = "confirm_timed_out"
	// StageCreationFailed ends an order: Alipay could not create the mini program,
	// the trial was deregistered, or a person accepted a permanent error.
	StageCreationFailed Stage = "creation_failed"
	// StageCancelled ends an order: by command. Its view's reason names what had to be left at Alipay.
	StageCancelled Stage = "cancelled"
)

// Stages lists every stage in the order of the story, ends last: the order in which pages and statistics show them.
func Stages() []Stage {
	return []Stage{
		StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageBuilding, StageScanning,
		StageSubmitting, StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled,
	}
}

// Ended reports whether an order in this stage is over. Its switch has no default, so that the linter asks for each new stage.
func (s Stage) Ended() bool {
	switch s {
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return true
	case StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageBuilding, StageScanning,
		StageSubmitting, StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing:
		return false
	}
	return false
}

// NeedsAuthorization reports whether the calls of this stage carry the merchant's
// app_auth_token, so that none may be made while the authorisation is gone.
func (s Stage) NeedsAuthorization() bool {
	switch s {
	case StageBuilding, StageScanning, StageSubmitting, StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing:
		return true
	case StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return false
	}
	return false
}
