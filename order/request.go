package order

// DefaultBundleID is the client that Alipay assumes when none is named: its wallet.
const DefaultBundleID = "com.alipay.alipaywallet"

// Request is an order as the ISV asked for it, with its people's data sealed.
type Request struct {
	AppID       string `json:"app_id"`
	OutOrderNo  string `json:"out_order_no"`
	Kind        Kind   `json:"kind"`
	MerchantRef string `json:"merchant_ref,omitempty"`
	// Create is Alipay's own fields of isv.create or fastregister.create as a JSON
	// object, sealed whole. Later layers are corrections: their fields win.
	Create []Sealed `json:"create,omitempty"`
	// OrderNo adopts an order that was created elsewhere.
	OrderNo string `json:"order_no,omitempty"`
	// MiniAppID is the mini program of a release order.
	MiniAppID  string     `json:"mini_app_id,omitempty"`
	Version    Version    `json:"version"`
	Submission Submission `json:"submission"`
	Policy     Policy     `json:"policy"`
}

// Version says what is built.
type Version struct {
	TemplateID      string `json:"template_id"`
	TemplateVersion string `json:"template_version,omitempty"`
	// AppVersion is x.y.z; empty lets Miniflow take the next free number.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	// Ext is the merchant's configuration as JSON text, sealed.
	Ext Sealed `json:"ext,omitempty"`
}

// Bundle returns the client the version is for.
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

// Correct lays a correction over s. What the correction does not say stays.
func (s *Submission) Correct(correction Submission) {
	s.Fields = append(s.Fields, correction.Fields...)
	if correction.AutoOnline != nil {
		s.AutoOnline = correction.AutoOnline
	}
	if correction.PermitLimitedRelease != nil {
		s.PermitLimitedRelease = correction.PermitLimitedRelease
	}
}

// GoesOnlineByItself reports whether Alipay puts a passed version online.
func (s Submission) GoesOnlineByItself() bool { return s.AutoOnline != nil && *s.AutoOnline }

// PermitsLimitedRelease reports whether the version may go online before its ICP filing.
func (s Submission) PermitsLimitedRelease() bool {
	return s.PermitLimitedRelease != nil && *s.PermitLimitedRelease
}

// StepMode says who does a step.
type StepMode string

const (
	// StepAuto means that Miniflow calls Alipay.
	StepAuto StepMode = "auto"
	// StepManual means that Miniflow calls Alipay once a person has approved.
	StepManual StepMode = "manual"
	// StepExternal means that the ISV's own systems call Alipay and Miniflow tracks the result.
	StepExternal StepMode = "external"
)

// StepModes lists every mode.
func StepModes() []StepMode { return []StepMode{StepAuto, StepManual, StepExternal} }

// BasePassPolicy says what follows an admission without promotion.
type BasePassPolicy string

const (
	// BasePassGoOnline puts the version online as it is.
	BasePassGoOnline BasePassPolicy = "go_online"
	// BasePassResubmit takes it back and waits for a better one.
	BasePassResubmit BasePassPolicy = "resubmit"
	// BasePassAsk waits for decide-base-pass.
	BasePassAsk BasePassPolicy = "ask"
)

// BasePassPolicies lists every policy.
func BasePassPolicies() []BasePassPolicy {
	return []BasePassPolicy{BasePassGoOnline, BasePassResubmit, BasePassAsk}
}

// Policy says who does each step of an order.
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

// Or fills the empty fields of p from other.
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

// Instruction is the argument of a command. Which fields count depends on the
// command; the doors have checked their form.
type Instruction struct {
	Actor string `json:"actor,omitempty"`
	// Key identifies a repeated command, by its Idempotency-Key and whose it is, and Digest
	// what was asked. Neither can be turned back into what it was made from.
	Key    string `json:"key,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Create and Submission are corrections by provide-input and resubmit.
	Create     Sealed      `json:"create,omitempty"`
	Submission *Submission `json:"submission,omitempty"`
	// OrderNo is handed in by provide-input when the ISV creates by itself.
	OrderNo string `json:"order_no,omitempty"`
	// Version replaces the version that was rejected.
	Version *Version `json:"version,omitempty"`
	// Decision answers decide-base-pass: go_online or resubmit.
	Decision BasePassPolicy `json:"decision,omitempty"`
	// Reason is the person's words for a cancellation.
	Reason string `json:"reason,omitempty"`
}
