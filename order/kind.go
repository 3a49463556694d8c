package order

// Kind says which piece of work an order is.
type Kind string

const (
	// KindFormal creates a formal mini program (alipay.open.mini.isv.create).
	KindFormal Kind = "formal"
	// KindTrial creates a trial mini program (alipay.open.mini.isv.fastregister.create)
	// that the merchant certifies later.
	KindTrial Kind = "trial"
	// KindRelease brings a new version of a mini program that exists and is authorised.
	KindRelease Kind = "release"
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindFormal, KindTrial, KindRelease} }

// Stage says where an order stands. An order is in exactly one stage, and moves only by [Next].
type Stage string

const (
	// StageCreating means that create is being called, or awaited from the ISV.
	StageCreating Stage = "creating"
	// StageAwaitingMerchant means that Alipay's order_no is known and the merchant has to confirm.
	StageAwaitingMerchant Stage = "awaiting_merchant"
	// StageAwaitingAuthorization means that the mini program's id is known and a valid token is not.
	StageAwaitingAuthorization Stage = "awaiting_authorization"
	// StageBuilding means that a version is being uploaded or built from the template.
	StageBuilding Stage = "building"
	// StageScanning means that the version is built and the security scan is running.
	StageScanning Stage = "scanning"
	// StageSubmitting means that audit.apply is being called, or waits under a hold.
	StageSubmitting Stage = "submitting"
	// StageAuditing means that the version is in audit.
	StageAuditing Stage = "auditing"
	// StageAuditRejected means that the audit refused the version, which waits for a resubmit command.
	StageAuditRejected Stage = "audit_rejected"
	// StageBasePassed means that the version is admitted and not promotable (不可营销), and waits for the decision.
	StageBasePassed Stage = "base_passed"
	// StageReleasing means that the version has passed and is being put online.
	StageReleasing Stage = "releasing"
	// StageOnline ends an order: released.
	StageOnline Stage = "online"
	// StageMerchantRejected ends an order: the merchant declined.
	StageMerchantRejected Stage = "merchant_rejected"
	// StageConfirmTimedOut ends an order: the merchant did not answer in time.
	StageConfirmTimedOut Stage = "confirm_timed_out"
	// StageCreationFailed ends an order: Alipay could not create the mini program,
	// the trial was deregistered, or a person accepted a permanent error.
	StageCreationFailed Stage = "creation_failed"
	// StageCancelled ends an order: by command.
	StageCancelled Stage = "cancelled"
)

// Stages lists every stage in the order of the story, ends last.
func Stages() []Stage {
	return []Stage{
		StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageBuilding, StageScanning,
		StageSubmitting, StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled,
	}
}

// Ended reports whether an order in this stage is over.
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

// HoldKind says why an order does not act. A hold keeps the order's stage; the
// empty value means that there is not one.
type HoldKind string

const (
	// HoldNeedsApproval means that the step is manual and waits for approve.
	HoldNeedsApproval HoldKind = "needs_approval"
	// HoldNeedsInput means that Alipay refused a field; provide-input corrects it.
	HoldNeedsInput HoldKind = "needs_input"
	// HoldNeedsOperator means that a person has to look: at a permanent error, or a wait that lasts too long.
	HoldNeedsOperator HoldKind = "needs_operator"
	// HoldAuthorizationRevoked means that the merchant's authorisation is gone; a new one ends the hold.
	HoldAuthorizationRevoked HoldKind = "authorization_revoked"
	// HoldPunished means that the token is valid and Alipay refuses it all the same; the merchant has to appeal.
	HoldPunished HoldKind = "punished"
	// HoldPipelineBusy means that another version or an information audit is in the way; the call is made again by itself.
	HoldPipelineBusy HoldKind = "pipeline_busy"
	// HoldAwaitingCertification means that a trial mini program has to be certified before it may be audited.
	HoldAwaitingCertification HoldKind = "awaiting_certification"
)

// HoldKinds lists every kind of hold.
func HoldKinds() []HoldKind {
	return []HoldKind{
		HoldNeedsApproval, HoldNeedsInput, HoldNeedsOperator, HoldAuthorizationRevoked,
		HoldPunished, HoldPipelineBusy, HoldAwaitingCertification,
	}
}

// Certification says how far a trial mini program is on its way to a formal one.
type Certification string

const (
	// CertificationNone means that it has not begun, or that the mini program is not a trial.
	CertificationNone Certification = "none"
	// CertificationOperator means that the administrator is being verified (CERTIFY_OPERATOR).
	CertificationOperator Certification = "operator"
	// CertificationMerchant means that the legal person is being verified (CERTIFY_MERCHANT).
	CertificationMerchant Certification = "merchant"
	// CertificationCertified means that it is a formal mini program now (CERTIFY_SUCCESS).
	CertificationCertified Certification = "certified"
	// CertificationFailed means that it was refused; the merchant may try again (CERTIFY_FAILED).
	CertificationFailed Certification = "failed"
)

// Certifications lists every state of certification.
func Certifications() []Certification {
	return []Certification{
		CertificationNone, CertificationOperator, CertificationMerchant, CertificationCertified, CertificationFailed,
	}
}

// Authorization says whether calls may be made on the merchant's behalf.
type Authorization string

const (
	// AuthorizationNone means that no token has arrived yet.
	AuthorizationNone Authorization = "none"
	// AuthorizationAuthorized means that a token is here and no one has said that it is revoked.
	AuthorizationAuthorized Authorization = "authorized"
	// AuthorizationRevoked means that the merchant took it back, or that Alipay calls the token invalid.
	AuthorizationRevoked Authorization = "revoked"
	// AuthorizationPunished means that Alipay calls the token valid and refuses calls with it.
	AuthorizationPunished Authorization = "punished"
)

// Authorizations lists every state of authorisation.
func Authorizations() []Authorization {
	return []Authorization{AuthorizationNone, AuthorizationAuthorized, AuthorizationRevoked, AuthorizationPunished}
}

// Verdict is the result of one audit.
type Verdict string

const (
	// VerdictPassed means that both audits passed.
	VerdictPassed Verdict = "passed"
	// VerdictRejected means that the version was refused.
	VerdictRejected Verdict = "rejected"
	// VerdictBasePassed means that admission (准入) passed and promotion (营销) did not.
	VerdictBasePassed Verdict = "base_passed"
)

// Verdicts lists every verdict.
func Verdicts() []Verdict { return []Verdict{VerdictPassed, VerdictRejected, VerdictBasePassed} }

// Disposition says what became of a notification. All but waiting are final,
// and a notification gets exactly one final disposition.
type Disposition string

const (
	// DispositionApplied means that it moved an order or an entity, or confirmed what a query had already said.
	DispositionApplied Disposition = "applied"
	// DispositionDuplicate means that the same notification, or the same business fact, had been applied.
	DispositionDuplicate Disposition = "duplicate"
	// DispositionStale means that Alipay's own query contradicts it.
	DispositionStale Disposition = "stale"
	// DispositionWaiting means that it is kept until its order appears. It is the one that is not final.
	DispositionWaiting Disposition = "waiting"
	// DispositionLate means that its order had ended.
	DispositionLate Disposition = "late"
	// DispositionForwarded means that the ISV's backend has taken it.
	DispositionForwarded Disposition = "forwarded"
	// DispositionConflict means that its id came before with other content.
	DispositionConflict Disposition = "conflict"
	// DispositionDead means that nobody could use it; a person can replay or discard it.
	DispositionDead Disposition = "dead"
)

// Dispositions lists every disposition.
func Dispositions() []Disposition {
	return []Disposition{
		DispositionApplied, DispositionDuplicate, DispositionStale, DispositionWaiting,
		DispositionLate, DispositionForwarded, DispositionConflict, DispositionDead,
	}
}

// Final reports whether nothing more happens to a notification with this disposition by itself.
func (d Disposition) Final() bool { return d != DispositionWaiting && d != "" }

// Command is what a person or the ISV's backend can ask of an order.
type Command string

const (
	// CommandProvideInput corrects the fields that Alipay refused, or hands in order_no.
	CommandProvideInput Command = "provide-input"
	// CommandApprove lets a manual step go on.
	CommandApprove Command = "approve"
	// CommandResubmit answers a rejection with a corrected submission or a new version.
	CommandResubmit Command = "resubmit"
	// CommandDecideBasePass says what follows an admission without promotion.
	CommandDecideBasePass Command = "decide-base-pass"
	// CommandWithdraw takes a version out of audit.
	CommandWithdraw Command = "withdraw"
	// CommandRefresh asks Alipay now instead of at the next poll.
	CommandRefresh Command = "refresh"
	// CommandRetry tries again what a hold has stopped.
	CommandRetry Command = "retry"
	// CommandCancel ends the order.
	CommandCancel Command = "cancel"
	// CommandGiveUp ends an order that has failed for good, as creation_failed.
	CommandGiveUp Command = "give-up"
)

// Commands lists every command.
func Commands() []Command {
	return []Command{
		CommandProvideInput, CommandApprove, CommandResubmit, CommandDecideBasePass,
		CommandWithdraw, CommandRefresh, CommandRetry, CommandCancel, CommandGiveUp,
	}
}
