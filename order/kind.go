package order

// Kind says which piece of work an order is: with which method of Alipay's it begins, or that its mini program is there already.
type Kind string

const (
	// KindFormal creates a formal mini program (alipay.open.mini.isv.create), which the merchant has to agree to.
	KindFormal Kind = "formal"
	// KindTrial creates a trial mini program (alipay.open.mini.isv.fastregister.create), which asks for no papers and is
	// certified later.
	KindTrial Kind = "trial"
	// KindRelease brings a new version of a mini program that exists and is authorised, so it begins at the authorisation.
	KindRelease Kind = "release"
)

// Kinds lists every kind, for the API's schema.
func Kinds() []Kind { return []Kind{KindFormal, KindTrial, KindRelease} }

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

// HoldKind says why an order does not act. A hold keeps the order's stage, so that the order goes on where it stopped; the empty
// value means that there is not one.
type HoldKind string

const (
	// HoldNeedsApproval means that the step is manual: the policy wants a person's word before Miniflow acts.
	HoldNeedsApproval HoldKind = "needs_approval"
	// HoldNeedsInput means that Alipay refused a field, and would again: provide-input corrects it.
	HoldNeedsInput HoldKind = "needs_input"
	// HoldNeedsOperator means that a person has to look: at a permanent error, or a wait that lasts too long.
	HoldNeedsOperator HoldKind = "needs_operator"
	// HoldAuthorizationRevoked means that the merchant's authorisation is gone: no call is made before a new one.
	HoldAuthorizationRevoked HoldKind = "authorization_revoked"
	// HoldPunished means that the token is valid and Alipay refuses it all the same; the merchant has to appeal.
	HoldPunished HoldKind = "punished"
	// HoldPipelineBusy means that another version or an information audit is in the way, which no person has to see to: the call
	// is made again by itself.
	HoldPipelineBusy HoldKind = "pipeline_busy"
	// HoldAwaitingCertification means that Alipay refuses to audit a trial before its merchant has certified it.
	HoldAwaitingCertification HoldKind = "awaiting_certification"
)

// HoldKinds lists every kind of hold; the API's filter, its statistics and the documents are tested against it.
func HoldKinds() []HoldKind {
	return []HoldKind{
		HoldNeedsApproval, HoldNeedsInput, HoldNeedsOperator, HoldAuthorizationRevoked,
		HoldPunished, HoldPipelineBusy, HoldAwaitingCertification,
	}
}

// Certification says how far a trial mini program is on its way to a formal one. It is not a stage, because it goes on beside the
// version's story.
type Certification string

// All but the first mirror the CERTIFY_… statuses of fastregister.query.
const (
	CertificationNone Certification = "none"
	// CertificationOperator mirrors CERTIFY_OPERATOR: the administrator is being verified.
	CertificationOperator Certification = "operator"
	// CertificationMerchant mirrors CERTIFY_MERCHANT: the legal person is being verified.
	CertificationMerchant Certification = "merchant"
	// CertificationCertified mirrors CERTIFY_SUCCESS: being a trial is no longer a reason to refuse an audit.
	CertificationCertified Certification = "certified"
	// CertificationFailed mirrors CERTIFY_FAILED. It ends nothing: the merchant may try again.
	CertificationFailed Certification = "failed"
)

// Certifications lists every state of certification, for the API's schema.
func Certifications() []Certification {
	return []Certification{
		CertificationNone, CertificationOperator, CertificationMerchant, CertificationCertified, CertificationFailed,
	}
}

// Authorization says whether calls may be made on the merchant's behalf: Alipay can take that away at any stage.
type Authorization string

const (
	// AuthorizationNone means that no token has arrived yet, so there is nothing to doubt or to revoke.
	AuthorizationNone Authorization = "none"
	// AuthorizationAuthorized means that a token is here and Alipay has not called it invalid. Tokens have no expiry that counts.
	AuthorizationAuthorized Authorization = "authorized"
	// AuthorizationRevoked means that the merchant took it back, or that Alipay calls the token invalid.
	AuthorizationRevoked Authorization = "revoked"
	// AuthorizationPunished means that Alipay calls the token valid and refuses calls with it.
	AuthorizationPunished Authorization = "punished"
)

// Authorizations lists every state of authorisation, for the API's schema.
func Authorizations() []Authorization {
	return []Authorization{AuthorizationNone, AuthorizationAuthorized, AuthorizationRevoked, AuthorizationPunished}
}

// Verdict is the result of one audit. Alipay judges admission (准入) and promotion (营销), which makes three results of two words.
type Verdict string

// Without audit_rule BASE_PROMOTE one refusal rejects all, and there is no third verdict. A rejected version blocks the next.
const (
	VerdictPassed   Verdict = "passed"
	VerdictRejected Verdict = "rejected"
	// VerdictBasePassed means that admission (准入) passed and promotion (营销) did not.
	VerdictBasePassed Verdict = "base_passed"
)

// Verdicts lists every verdict, for the API's schema.
func Verdicts() []Verdict { return []Verdict{VerdictPassed, VerdictRejected, VerdictBasePassed} }

// Disposition says what became of a notification. All but waiting are final,
// and a notification gets exactly one final disposition.
type Disposition string

const (
	// DispositionApplied means that it moved an order or an entity, or confirmed what a query had already said.
	DispositionApplied Disposition = "applied"
	// DispositionDuplicate means that the same notification, or the same fact, had been applied: Alipay repeats messages.
	DispositionDuplicate Disposition = "duplicate"
	// DispositionStale means that Alipay's own query contradicts it, as it does after a resubmission; queries are the truth.
	DispositionStale Disposition = "stale"
	// DispositionWaiting means that it is kept until its order appears, since messages overtake orders. It is the one that is not
	// final.
	DispositionWaiting Disposition = "waiting"
	// DispositionLate means that its order had ended, and an ended order is never moved by a message.
	DispositionLate Disposition = "late"
	// DispositionForwarded means that the ISV's backend has taken it, and answers for it from there.
	DispositionForwarded Disposition = "forwarded"
	// DispositionConflict means that its id came before with other content, so that a person has to look at both.
	DispositionConflict Disposition = "conflict"
	// DispositionDead means that nobody could use it; a person can replay or discard it.
	DispositionDead Disposition = "dead"
)

// Dispositions lists every disposition, so that the door has a counter for each before the first message.
func Dispositions() []Disposition {
	return []Disposition{
		DispositionApplied, DispositionDuplicate, DispositionStale, DispositionWaiting,
		DispositionLate, DispositionForwarded, DispositionConflict, DispositionDead,
	}
}

// Final reports whether nothing more happens to a notification with this disposition by itself; only a person's replay does.
func (d Disposition) Final() bool { return d != DispositionWaiting && d != "" }

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
	// CommandGiveUp ends an order that has failed for good, as creation_failed: what Alipay refuses for ever would otherwise keep
	// it open.
	CommandGiveUp Command = "give-up"
)

// Commands lists every command, because a workflow registers an update for each.
func Commands() []Command {
	return []Command{
		CommandProvideInput, CommandApprove, CommandResubmit, CommandDecideBasePass,
		CommandWithdraw, CommandRefresh, CommandRetry, CommandCancel, CommandGiveUp,
	}
}
