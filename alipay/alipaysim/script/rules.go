// Package script is what a test or a person decides: rules for merchants and reviewers,
// faults between the two sides, and the platform's manners. It is data with its checks
// and look-ups and does nothing itself, so that it can be stored and put over HTTP.
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
	// MiniAppID is a glob too; before the mini program exists only an empty one, or *,
	// matches.
	MiniAppID string `json:"mini_app_id,omitempty"`

	Merchant   *MerchantRule   `json:"merchant,omitempty"`
	Authorize  *AuthorizeRule  `json:"authorize,omitempty"`
	Build      *BuildRule      `json:"build,omitempty"`
	Scan       *ScanRule       `json:"scan,omitempty"`
	Audits     []AuditRule     `json:"audits"` // one per attempt, the last repeats
	AutoOnline *AutoOnlineRule `json:"auto_online,omitempty"`
	Revoke     *RevokeRule     `json:"revoke,omitempty"`
	Certify    []CertifyStep   `json:"certify"` // after a trial app exists; [] is never
	// CertifyOnRequest has the steps of Certify begin with alipay.open.mini.isv.certify.create;
	// without it the merchant begins by itself.
	CertifyOnRequest bool      `json:"certify_on_request,omitempty"`
	Pushes           *PushRule `json:"pushes,omitempty"`
	// Registration is the ICP filing, without which mainland China has no app online:
	// "done", or "missing", which allows only a limited release. A person can set it otherwise for
	// one mini program.
	Registration string `json:"registration,omitempty"`
	// AuditNeedsCertification makes an uncertified trial app's submission end in
	// TINY_APP_AUDIT_NOT_PERMIT. Whether Alipay does is not published: a client has to
	// cope with both.
	AuditNeedsCertification bool `json:"audit_needs_certification,omitempty"`
}

// MerchantRule is the merchant's answer to a creation order. The service provider can
// neither hurry nor cancel it: no call for that is published.
type MerchantRule struct {
	// Answer is AGREED, REJECTED, TIMEOUT, FAILED (trial only) or none, which leaves the
	// order waiting for a person's decision.
	Answer string   `json:"answer"`
	After  Duration `json:"after"`
	// Quiet leaves out the PROCESS or WAIT_CONFIRM push at the beginning, so that the first
	// push about an order is its answer.
	Quiet bool `json:"quiet,omitempty"`
}

// AuthorizeRule is the authorisation that follows the app's creation, in a message of its
// own: a client that takes AGREED for the permission to call is refused until then.
type AuthorizeRule struct {
	After Duration `json:"after"`
	Skip  bool     `json:"skip,omitempty"`
}

// BuildRule ends a build with "ok", "fail" or "timeout". No message says so; build.query
// has a create_status for each.
type BuildRule struct {
	After  Duration `json:"after"`
	Result string   `json:"result"`
}

// ScanRule ends the security scan with "pass" or "fail". A failed version can't be
// submitted any more, only deleted.
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
	// BASE_PROMOTE; both are REJECT otherwise. A client that reads only one of them is
	// found by a rejection in which they differ.
	BaseAudit    string `json:"base_audit,omitempty"`
	PromoteAudit string `json:"promote_audit,omitempty"`
}

// Reason is one remark of a reviewer. An image is passed on as written, so a test can
// have a link that leads nowhere.
type Reason struct {
	Memo   string   `json:"memo"`
	Images []string `json:"images,omitempty"`
}

// AutoOnlineRule is how long a passed version with auto_online waits; for that time it is
// WAIT_RELEASE, and an impatient client releases it by a call of its own.
type AutoOnlineRule struct {
	After Duration `json:"after"`
}

// RevokeRule is a merchant who takes the authorisation back once: a version under audit
// goes on at the platform, while every call for it is refused.
type RevokeRule struct {
	// On is the moment After counts from: authorized (also when empty),
	// building, scanning, auditing, rejected, passed or online.
	On    string   `json:"on,omitempty"`
	After Duration `json:"after,omitempty"`
	// ReauthorizeAfter is when the merchant gives a new one, with a new token; 0 is never.
	ReauthorizeAfter Duration `json:"reauthorize_after,omitempty"`
}

// CertifyStep moves a trial app to a CERTIFY_… status or CANCELLED, counted from
// the step before. A step that the table of statuses refuses is passed over.
type CertifyStep struct {
	Status lifecycle.OrderStatus `json:"status"`
	After  Duration              `json:"after"`
}

// PushRule is the weather between Alipay and the receiver. One that is set keeps
// Misbehaviour away, so that a test meets nothing but what it asked for.
type PushRule struct {
	// Off is for receivers whose polls have to find everything: pushes are recorded, for a
	// test to compare, and never sent.
	Off bool `json:"off,omitempty"`
	// Drop is the chance, from 0 to 1, that a push is lost for good, retries and all.
	Drop float64 `json:"drop,omitempty"`
	// Duplicate is how many more copies are sent under the same notify_id, by which a
	// receiver has to find that they are one message.
	Duplicate int `json:"duplicate,omitempty"`
	// Shuffle adds a random delay from 0 up to it, so that pushes overtake each other, as
	// those of a platform with many senders do.
	Shuffle Duration `json:"shuffle,omitempty"`
	Delay   Duration `json:"delay,omitempty"`
	// Bare leaves out the optional fields of audit messages (bundle_id and
	// mini_app_version of a pass), as published samples do.
	Bare bool `json:"bare,omitempty"`
	// byDefault is a flag because a rule may choose good weather on purpose, which has the
	// same values.
	byDefault bool
}

// IsDefault reports whether no rule has chosen this weather; only then may Misbehaviour
// strike.
func (p PushRule) IsDefault() bool { return p.byDefault }
