package order

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
	// HoldAwaitingFiling means that Alipay refuses to release a version before its mini program's ICP filing (备案) is done, and
	// that nobody has permitted the limited release. It is tried again by itself.
	HoldAwaitingFiling HoldKind = "awaiting_filing"
)

// HoldKinds lists every kind of hold; the API's filter, its statistics and the documents are tested against it.
func HoldKinds() []HoldKind {
	return []HoldKind{
		HoldNeedsApproval, HoldNeedsInput, HoldNeedsOperator, HoldAuthorizationRevoked,
		HoldPunished, HoldPipelineBusy, HoldAwaitingCertification, HoldAwaitingFiling,
	}
}

// Sentences of a hold that name the version that is in the way of an order's: one that Miniflow did not
// upload, or one of another order.
const (
	ForeignVersion = "failure.foreign_version"
	OthersVersion  = "failure.others_version"
)

// NamesVersion reports whether the hold names a version that is in the way. It goes on by itself once that
// is out of it, which may take a person all the same.
func (h Hold) NamesVersion() bool {
	return h.Message.Code == ForeignVersion || h.Message.Code == OthersVersion
}
