package order

import "time"

// Names of what is done about a trial mini program after its order.
const (
	// CertifyUpdate hands the papers of a trial's merchant to Alipay. It takes a [CertifyInstruction] to a
	// MiniProgram and returns the [MiniProgramView]; sent by POST /v1/mini-programs/…/certify.
	CertifyUpdate = "certify"
	// CertificationSignal says to a MiniProgram that a message about its trial has come after its order:
	// ask Alipay now. Sent by a Delivery; it carries nothing.
	CertificationSignal = "certification"
)

// Trial is what a mini program knows of its beginning as a trial.
type Trial struct {
	// OrderNo is Alipay's number of the fastregister order, by which certifications are asked for.
	OrderNo       string        `json:"order_no"`
	Certification Certification `json:"certification"`
	Since         time.Time     `json:"since"`
	// Poked is set while Alipay is to be asked although nothing is known to be under way.
	Poked bool `json:"poked,omitempty"`
	// Quiet is set once Alipay has refused to say where it stands: a message, or new papers, ask again.
	Quiet bool `json:"quiet,omitempty"`
}

// CertifyInstruction hands in the papers of a trial's merchant.
type CertifyInstruction struct {
	Actor string `json:"actor,omitempty"`
	// Papers are fields of alipay.open.mini.isv.certify.create, sealed as a create block is.
	Papers Sealed `json:"papers"`
	// OrderNo is given where the mini program may not know it: its order ended before mini programs
	// were told.
	OrderNo string `json:"order_no,omitempty"`
	// Key and Digest are those of an [Instruction].
	Key    string `json:"key,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// HappenedCertificationChanged means that a trial's certification stands elsewhere than before.
const HappenedCertificationChanged = "mini_program.certification_changed"
