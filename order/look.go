package order

import "time"

// Wait names a long wait of an order, on a person or on Alipay's reviewers. During one an
// order holds no activity: it sleeps, and its app's Sweep asks Alipay for it.
type Wait string

// An order is in one of them by its stage, and beside it in WaitCertification while a trial is
// not certified.
const (
	WaitMerchant      Wait = "merchant"
	WaitCertification Wait = "certification"
	WaitAudit         Wait = "audit"
	// WaitChange means that a person has the next word, who may act in Alipay's console as well.
	// No message announces that.
	WaitChange Wait = "change"
	// WaitRelease means that somebody else puts the version online. No message announces that.
	WaitRelease Wait = "release"
	// WaitFiling means that a version goes online once its mini program's ICP filing is done. No
	// message announces that.
	WaitFiling Wait = "filing"
)

// Waits lists the long waits.
func Waits() []Wait {
	return []Wait{WaitMerchant, WaitCertification, WaitAudit, WaitChange, WaitRelease, WaitFiling}
}

// Look is what a Sweep has to know to ask Alipay for an order that waits, and to see whether
// the answer is news. It stands in the order's memo, so that a list is all that a Sweep reads.
type Look struct {
	// Waits are what the order waits for now, none while it does not wait.
	Waits []Wait `json:"waits,omitempty"`
	// Since is when the wait began.
	Since time.Time `json:"since,omitzero"`

	Kind       Kind   `json:"kind,omitempty"`
	OrderNo    string `json:"order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	AppVersion string `json:"app_version,omitempty"`
	// While lists the statuses of the version that are no news, in Alipay's words.
	While []string `json:"while,omitempty"`
	// Certification is what the order knows of a trial's.
	Certification Certification `json:"certification,omitempty"`
	// Filing is what the order knows of an ICP filing.
	Filing Filing `json:"filing,omitempty"`

	// Facts are what the order has learned last, the newest last, by which a Sweep judges
	// whether messages arrive.
	Facts []Fact `json:"facts,omitempty"`
}

// Fact is something that Alipay announces by a message, and how an order came to know it.
type Fact struct {
	// Message is the msg_method that announces it.
	Message string `json:"message"`
	// Wait is what it ended; empty is the only one, or the first, that its message ends.
	Wait Wait `json:"wait,omitempty"`
	// At is when the order learned it, and Waited how long it had waited for it.
	At     time.Time `json:"at"`
	Waited Duration  `json:"waited,omitzero"`
	// Told is set when a message said so, before or within moments after Alipay was asked.
	Told bool `json:"told,omitempty"`
}

// defaultExpected is a part of a working day: merchants and reviewers answer in hours.
const defaultExpected = 6 * time.Hour

// Expect returns how long a wait takes as a rule. A workflow that was started before there were
// such lengths gets the defaults.
func (s Schedules) Expect(wait Wait) time.Duration {
	switch wait {
	case WaitChange:
		return s.Settled.last()
	case WaitRelease:
		return s.Release.last()
	case WaitFiling:
		if len(s.Filing) > 0 {
			return s.Filing.last()
		}
	case WaitMerchant, WaitCertification, WaitAudit:
	}
	if expected := s.Expected[wait]; expected > 0 {
		return expected.Std()
	}
	return defaultExpected
}
