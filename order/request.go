package order

// DefaultBundleID is the client that Alipay assumes when none is named: its wallet.
const DefaultBundleID = "com.alipay.alipaywallet"

// Request is an order as the ISV asked for it, with its people's data sealed, since it stays in the
// history.
type Request struct {
	AppID       string `json:"app_id"`
	OutOrderNo  string `json:"out_order_no"`
	Kind        Kind   `json:"kind"`
	MerchantRef string `json:"merchant_ref,omitempty"`
	// ShopName is what the ISV calls the shop. It is never taken from Create, which is sealed.
	ShopName string `json:"shop_name,omitempty"`
	// Create is Alipay's own fields of isv.create or fastregister.create as a JSON
	// object, sealed whole. Later layers are corrections: their fields win.
	Create []Sealed `json:"create,omitempty"`
	// OrderNo adopts an order that was created elsewhere: no create is called.
	OrderNo    string     `json:"order_no,omitempty"`
	MiniAppID  string     `json:"mini_app_id,omitempty"`
	Version    Version    `json:"version"`
	Submission Submission `json:"submission"`
	Policy     Policy     `json:"policy"`
}

// Version says what is built. Alipay builds it from the ISV's template; nothing is uploaded but
// names.
type Version struct {
	TemplateID      string `json:"template_id"`
	TemplateVersion string `json:"template_version,omitempty"`
	// AppVersion is x.y.z; empty makes Miniflow take the next free number, since Alipay wants each
	// above the last.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	// Ext is the merchant's configuration as JSON text, sealed because only the ISV knows what is
	// in it.
	Ext Sealed `json:"ext,omitempty"`
	// Experience has people try the version out before it is submitted; nil says nothing, which means
	// no.
	Experience *bool `json:"experience,omitempty"`
}

// IsTriedOut reports whether people try the version out before its audit.
func (v Version) IsTriedOut() bool { return v.Experience != nil && *v.Experience }

// Bundle returns the client the version is for. The empty one and the wallet's are the same for
// Alipay, so they have to compare equal here.
func (v Version) Bundle() string {
	if v.BundleID == "" {
		return DefaultBundleID
	}
	return v.BundleID
}

// Submission is what goes to audit.apply. The fields that steer the order are in
// clear; the whole block, these included, is sealed beside them.
type Submission struct {
	// Fields opens to a [SubmissionBlock].
	// Later layers are corrections: their fields win.
	Fields []Sealed `json:"fields,omitempty"`
	// AutoOnline lets Alipay put the version online by itself; nil says nothing, which means no.
	AutoOnline *bool `json:"auto_online,omitempty"`
	// PermitLimitedRelease lets the version go online before its ICP filing is
	// finished, in Alipay's limited form (permit_registration_limit_release).
	PermitLimitedRelease *bool `json:"permit_limited_release,omitempty"`
}

// Correct lays a correction over s. What the correction does not say stays, so that a person sends
// only what was refused.
func (s *Submission) Correct(correction Submission) {
	s.Fields = append(s.Fields, correction.Fields...)
	if correction.AutoOnline != nil {
		s.AutoOnline = correction.AutoOnline
	}
	if correction.PermitLimitedRelease != nil {
		s.PermitLimitedRelease = correction.PermitLimitedRelease
	}
}

// GoesOnlineByItself reports whether Alipay puts a passed version online; Miniflow then waits
// instead of calling version.online.
func (s Submission) GoesOnlineByItself() bool { return s.AutoOnline != nil && *s.AutoOnline }

// PermitsLimitedRelease reports whether the version may go online before its ICP filing. It is off
// unless asked for, because after 90 days Alipay takes such a version down.
func (s Submission) PermitsLimitedRelease() bool {
	return s.PermitLimitedRelease != nil && *s.PermitLimitedRelease
}

// StepMode says who does a step, so that Miniflow can stand in for one system of an ISV's after
// another.
type StepMode string

// An ISV whose own system does a step keeps it until it hands the step over.
const (
	StepAuto StepMode = "auto"
	// StepManual means that Miniflow calls Alipay once a person has approved.
	StepManual StepMode = "manual"
	// StepExternal means that the ISV's own systems call Alipay and Miniflow tracks the result.
	StepExternal StepMode = "external"
)

// StepModes lists every mode; the configuration's check names them in its error.
func StepModes() []StepMode { return []StepMode{StepAuto, StepManual, StepExternal} }

// BasePassPolicy says what follows an admission without promotion: such a version can go online but
// is found only by its exact name or its code.
type BasePassPolicy string

// A version without promotion is found by its exact name or its code alone: what that is worth
// differs by merchant.
const (
	BasePassGoOnline BasePassPolicy = "go_online"
	BasePassResubmit BasePassPolicy = "resubmit"
	BasePassAsk      BasePassPolicy = "ask"
)

// BasePassPolicies lists every policy; the configuration's check names them in its error.
func BasePassPolicies() []BasePassPolicy {
	return []BasePassPolicy{BasePassGoOnline, BasePassResubmit, BasePassAsk}
}

// Policy says who does each step of an order. Only what acts at Alipay is a step; questions are
// Miniflow's always.
type Policy struct {
	Create     StepMode       `json:"create"`
	Upload     StepMode       `json:"upload"`
	Submit     StepMode       `json:"submit"`
	Release    StepMode       `json:"release"`
	OnBasePass BasePassPolicy `json:"on_base_pass"`
}

// DefaultPolicy does every step by itself and asks a person only after a base pass.
func DefaultPolicy() Policy {
	return Policy{
		Create: StepAuto, Upload: StepAuto, Submit: StepAuto, Release: StepAuto, OnBasePass: BasePassAsk,
	}
}

// Or fills the empty fields of p from other: a request overrides the configuration step by step.
func (p Policy) Or(other Policy) Policy {
	for _, step := range []struct{ mine, others *StepMode }{
		{&p.Create, &other.Create}, {&p.Upload, &other.Upload}, {&p.Submit, &other.Submit}, {&p.Release, &other.Release},
	} {
		if *step.mine == "" {
			*step.mine = *step.others
		}
	}
	if p.OnBasePass == "" {
		p.OnBasePass = other.OnBasePass
	}
	return p
}

// Instruction is the argument of a command. One type serves all, since Temporal keeps it in the
// history; which fields count depends on the command, and the doors have checked their form.
type Instruction struct {
	Actor string `json:"actor,omitempty"`
	// Key identifies a repeated command, by its Idempotency-Key and whose it is, and Digest
	// what was asked. Neither can be turned back into what it was made from.
	Key        string         `json:"key,omitempty"`
	Digest     string         `json:"digest,omitempty"`
	Create     Sealed         `json:"create,omitempty"`
	Submission *Submission    `json:"submission,omitempty"`
	OrderNo    string         `json:"order_no,omitempty"`
	Version    *Version       `json:"version,omitempty"`
	Decision   BasePassPolicy `json:"decision,omitempty"`
	Reason     string         `json:"reason,omitempty"`
}
