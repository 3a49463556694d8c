// Package script is what a test or a person decides: rules for merchants and reviewers,
// faults between the two sides, and the platform's manners. It is data with its checks
// and look-ups; the rooms that import it do what it says.
package script

import "miniflow/alipay/alipaysim/lifecycle"

// Rules say what merchants and reviewers do and when. The first Rule that
// matches is used, looked up when a step begins: a rule set that is replaced
// does not change what was already decided.
type Rules struct {
	Rules []Rule `json:"rules"`
}

// Rule is the fate of the orders it matches. A part that is left out is the
// default, and so is an outcome that is left out of a part; a duration that is
// left out of a part is zero.
type Rule struct {
	// OutOrderNo is a glob (path.Match) on the order's out_order_no; empty
	// matches every order. A mini program carries its order's number.
	OutOrderNo string `json:"out_order_no,omitempty"`
	// MiniAppID is a glob on the mini program's id; empty matches every one. A rule
	// that has it matches no creation order: there is no mini program yet.
	MiniAppID string `json:"mini_app_id,omitempty"`

	Merchant   *MerchantRule   `json:"merchant,omitempty"`
	Authorize  *AuthorizeRule  `json:"authorize,omitempty"`
	Build      *BuildRule      `json:"build,omitempty"`
	Scan       *ScanRule       `json:"scan,omitempty"`
	Audits     []AuditRule     `json:"audits"` // one per attempt, the last repeats
	AutoOnline *AutoOnlineRule `json:"auto_online,omitempty"`
	Revoke     *RevokeRule     `json:"revoke,omitempty"`
	Certify    []CertifyStep   `json:"certify"` // after a trial app exists; [] is never
	Pushes     *PushRule       `json:"pushes,omitempty"`
	// Registration is the ICP filing: "done", or "missing", with which the platform
	// allows only a limited release.
	Registration string `json:"registration,omitempty"`
	// AuditNeedsCertification makes an uncertified trial app's submission end in
	// TINY_APP_AUDIT_NOT_PERMIT. Whether the platform wants it is not published.
	AuditNeedsCertification bool `json:"audit_needs_certification,omitempty"`
}

// MerchantRule is the merchant's answer to a creation order. Without one the merchant
// agrees after three minutes.
type MerchantRule struct {
	// Answer is AGREED, REJECTED, TIMEOUT, FAILED (trial only) or none.
	Answer string   `json:"answer"`
	After  Duration `json:"after"`
	// Quiet leaves out the PROCESS or WAIT_CONFIRM push at the beginning.
	Quiet bool `json:"quiet,omitempty"`
}

// AuthorizeRule is the authorisation that follows the app's creation; Skip is a merchant who
// never gives it.
type AuthorizeRule struct {
	After Duration `json:"after"`
	Skip  bool     `json:"skip,omitempty"`
}

// BuildRule ends a build with "ok", "fail" or "timeout". No message says so:
// build.query has to be asked.
type BuildRule struct {
	After  Duration `json:"after"`
	Result string   `json:"result"`
}

// ScanRule ends the security scan with "pass" or "fail". No message says so:
// detail.query has to be asked.
type ScanRule struct {
	After  Duration `json:"after"`
	Result string   `json:"result"`
}

// AuditRule ends one audit attempt with "pass", "reject", "base_pass" or "none".
// Without audit_rule=BASE_PROMOTE a base_pass is a rejection, as on the platform.
type AuditRule struct {
	Result  string   `json:"result"`
	After   Duration `json:"after"`
	Reasons []Reason `json:"reasons,omitempty"`
	// BaseAudit and PromoteAudit override the two verdicts of a rejection under
	// BASE_PROMOTE; both are REJECT otherwise.
	BaseAudit    string `json:"base_audit,omitempty"`
	PromoteAudit string `json:"promote_audit,omitempty"`
}

// Reason is one remark of a reviewer. An image is passed on as written: it may be any
// link.
type Reason struct {
	Memo   string   `json:"memo"`
	Images []string `json:"images,omitempty"`
}

// AutoOnlineRule is how long a passed version with auto_online waits until the platform
// puts it online. No message says that it has.
type AutoOnlineRule struct {
	After Duration `json:"after"`
}

// RevokeRule is a merchant who takes the authorisation back, once for each mini
// program: a new authorisation is not taken back again.
type RevokeRule struct {
	// On is the moment After counts from: authorized (also when empty),
	// building, scanning, auditing, rejected, passed or online.
	On    string   `json:"on,omitempty"`
	After Duration `json:"after,omitempty"`
	// ReauthorizeAfter is when the merchant gives a new one; 0 is never, and leaves the
	// order without a token for good.
	ReauthorizeAfter Duration `json:"reauthorize_after,omitempty"`
}

// CertifyStep moves a trial app to a CERTIFY_… status or CANCELLED, counted from
// the step before.
type CertifyStep struct {
	Status lifecycle.OrderStatus `json:"status"`
	After  Duration              `json:"after"`
}

// PushRule is the weather between Alipay and the receiver. Where a rule has one,
// Misbehaviour leaves its orders alone.
type PushRule struct {
	// Off withholds every push: they are recorded and never sent, so that a receiver
	// has only its queries.
	Off bool `json:"off,omitempty"`
	// Drop is the chance that a push is lost for good, from 0 to 1. It is recorded, so
	// that a ledger knows what could not arrive.
	Drop float64 `json:"drop,omitempty"`
	// Duplicate is how many more copies are sent under the same notify_id, by which a
	// receiver has to know them.
	Duplicate int `json:"duplicate,omitempty"`
	// Shuffle adds a random delay from 0 up to it, so that pushes overtake.
	Shuffle Duration `json:"shuffle,omitempty"`
	Delay   Duration `json:"delay,omitempty"`
	// Bare leaves out the optional fields of audit messages (bundle_id and
	// mini_app_version of a pass), as published samples do.
	Bare      bool `json:"bare,omitempty"`
	byDefault bool
}

// IsDefault reports whether no rule has chosen this weather. Only then Misbehaviour may
// add its own; an empty PushRule in a rule is a choice too.
func (p PushRule) IsDefault() bool { return p.byDefault }
