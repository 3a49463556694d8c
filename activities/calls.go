package activities

import (
	"time"

	"miniflow/order"
)

// Pacing says how an Await asks again. It travels in the input, so that a replay sees the schedule
// that the run had.
type Pacing struct {
	Schedule order.Schedule `json:"schedule"`
	Again    order.Schedule `json:"again,omitempty"`
	// Once ends the wait with the first answer, be it news or not: the order waits by itself.
	Once bool `json:"once,omitempty"`
	// GiveUpAfter ends the wait with the last answer; zero never gives up.
	GiveUpAfter order.Duration `json:"give_up_after,omitzero"`
}

// Run names the run of a workflow that an act belongs to. An activity that finds
// itself in another run was scheduled again by a reset: it answers [FailureReset]
// and does nothing, since what the run did before the reset stands at Alipay.
// Empty belongs to any run.
type Run string

// CreateCall asks Alipay to create a mini program. Its idempotency key is OutOrderNo, so the same
// call again is how a lost answer is learned.
type CreateCall struct {
	Whose
	AppID      string         `json:"app_id"`
	OutOrderNo string         `json:"out_order_no"`
	Kind       order.Kind     `json:"kind"`
	Create     []order.Sealed `json:"create"`
}

// Created is Alipay's answer to a CreateCall; a repeated call gets the same one.
type Created struct {
	Traced
	OrderNo string `json:"order_no"`
	// AuthorizeURL is for the merchant of a trial mini program. Only create answers it, and Alipay
	// does not send it to the merchant.
	AuthorizeURL string `json:"authorize_url,omitempty"`
}

// CertifyCall asks Alipay to make a trial formal, by the merchant's papers.
type CertifyCall struct {
	Whose
	AppID   string         `json:"app_id"`
	OrderNo string         `json:"order_no"`
	Create  []order.Sealed `json:"create"`
}

// Certified is how the trial stands with a CertifyCall, which Alipay answers with nothing.
type Certified struct {
	Traced
	MerchantAnswer
}

// MerchantQuestion asks isv.query or fastregister.query, which take Alipay's order_no alone.
type MerchantQuestion struct {
	AppID   string              `json:"app_id"`
	Kind    order.Kind          `json:"kind"`
	OrderNo string              `json:"order_no"`
	Known   order.Certification `json:"known,omitempty"`
	Pacing  Pacing              `json:"pacing"`
}

// MerchantAnswer is Alipay's truth about an order of creation, in one form for both kinds.
type MerchantAnswer struct {
	Status        order.MerchantStatus `json:"status"`
	OutOrderNo    string               `json:"out_order_no"`
	MiniAppID     string               `json:"mini_app_id"`
	Certification order.Certification  `json:"certification"`
}

// VersionQuestion asks about one version of a mini program, or names the one that is acted on:
// every act asks the question first.
type VersionQuestion struct {
	Whose
	AppID      string `json:"app_id"`
	MiniAppID  string `json:"mini_app_id"`
	BundleID   string `json:"bundle_id"`
	AppVersion string `json:"app_version"`
	// While lists the statuses during which the question is asked again; for TakeBack, those
	// from which the version is taken back, where not from all.
	While []VersionStatus `json:"while,omitempty"`
	// Delete, set for TakeBack, has it delete a version that is in development then: one that
	// Miniflow uploaded, and nobody wants any more.
	Delete bool `json:"delete,omitempty"`
	// Scan, set for AwaitBuild, has it wait for the security scan as well, for as long as that
	// costs Temporal nothing.
	Scan   order.Schedule `json:"scan,omitempty"`
	Pacing Pacing         `json:"pacing,omitzero"`
}

// VersionStatus is Alipay's status of a version, in Alipay's words, so that one that is not
// published yet passes through and is shown.
type VersionStatus string

// As version.detail.query has them. Alipay takes one version at a time into AUDITING, and keeps its
// place until it is online or back at INIT.
const (
	VersionInit          VersionStatus = "INIT"
	VersionAuditing      VersionStatus = "AUDITING"
	VersionWaitRelease   VersionStatus = "WAIT_RELEASE"
	VersionBaseAuditPass VersionStatus = "BASE_AUDIT_PASS"
	VersionAuditReject   VersionStatus = "AUDIT_REJECT"
	VersionRelease       VersionStatus = "RELEASE"
	VersionGray          VersionStatus = "GRAY"
	VersionOffline       VersionStatus = "OFFLINE"
	VersionAuditOffline  VersionStatus = "AUDIT_OFFLINE"
)

// VersionAnswer is Alipay's truth about a version, which a message about it is held against.
type VersionAnswer struct {
	Traced
	Status       VersionStatus  `json:"status"`
	Scan         string         `json:"scan,omitempty"`
	BaseAudit    string         `json:"base_audit,omitempty"`
	PromoteAudit string         `json:"promote_audit,omitempty"`
	Reasons      []order.Reason `json:"reasons,omitempty"`
	// AppliedAt and EndedAt are Alipay's own times of the audit, which distinguish two attempts;
	// zero when it gave none.
	AppliedAt time.Time `json:"applied_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// OnlineAt is Alipay's own time of the release; zero when it gave none.
	OnlineAt time.Time `json:"online_at,omitzero"`
	// Deleted is set once the version is deleted. Kept is the code of Alipay's refusal to, where it was
	// to be: that is no failure, since a version in development is in nobody's way.
	Deleted bool   `json:"deleted,omitempty"`
	Kept    string `json:"kept,omitempty"`
}

// BuildState is how a build ended: Alipay's two numbers in one word, since build_status and
// create_status count alike.
type BuildState string

// A build that ended badly has taken its version number: the next one needs a higher.
const (
	BuildRunning BuildState = "running"
	BuildDone    BuildState = "done"
	BuildFailed  BuildState = "failed"
	// BuildTimedOut means that Alipay gave up on it (status 5). The number is used up all the same.
	BuildTimedOut BuildState = "timed_out"
)

// BuildAnswer is Alipay's truth about a build. It is a struct of one member, so that another can be
// added while histories hold this.
type BuildAnswer struct {
	State BuildState `json:"state"`
	// Scan is the security scan's result, where that came within moments of the build.
	Scan *VersionAnswer `json:"scan,omitempty"`
}

// UploadCall builds a version from the template. Its idempotency key is (mini program, client,
// version number), since Alipay takes a number once.
type UploadCall struct {
	Whose
	AppID     string        `json:"app_id"`
	MiniAppID string        `json:"mini_app_id"`
	Version   order.Version `json:"version"`
	// OutOrderNo says whose earlier versions may make room for this one.
	OutOrderNo string `json:"out_order_no,omitempty"`
	// Unsure is set when an earlier upload of this number may have arrived: its build is asked
	// about first, since Alipay takes a number once.
	Unsure bool `json:"unsure,omitempty"`
}

// Uploaded is Alipay's answer to an UploadCall; how the build stands is asked for. Older builds return
// nothing, which reads as the zero value.
type Uploaded struct{ Traced }

// BuildCall finds a version number that is the order's own, records it, and builds the version
// from the template under it.
type BuildCall struct {
	Number NumberCall `json:"number"`
}

// NumberCall asks for a version number that is the order's own: the one that
// Version names, or, when it names none, the next free one above After.
type NumberCall struct {
	Whose
	AppID      string        `json:"app_id"`
	MiniAppID  string        `json:"mini_app_id"`
	OutOrderNo string        `json:"out_order_no"`
	Version    order.Version `json:"version"`
	After      string        `json:"after,omitempty"`
	// Fresh is set where no number was ever recorded for the order: the first that Alipay shows to
	// be free is recorded without a look at the records, which refuse one that is taken.
	Fresh bool `json:"fresh,omitempty"`
}

// Number is a version number that is recorded for the order, so that no other order uploads it.
type Number struct {
	Traced
	AppVersion string `json:"app_version"`
	Uploaded   bool   `json:"uploaded,omitempty"`
}

// SubmitCall submits a version for audit. Alipay takes one version at a time, so
// the mini program and the version number are the idempotency key.
type SubmitCall struct {
	Question VersionQuestion `json:"question"`
	Fields   []order.Sealed  `json:"fields"`
	Drop     []string        `json:"drop,omitempty"`
	// OutOrderNo says whose versions may be taken out of the way of this one.
	OutOrderNo string `json:"out_order_no,omitempty"`
}

// ReleaseCall puts a version online; the one that was online goes OFFLINE with it.
type ReleaseCall struct {
	Question VersionQuestion `json:"question"`
	Limited  bool            `json:"limited,omitempty"`
}

// InviteCall asks for a page on which the merchant of a mini program authorises the app.
type InviteCall struct {
	Whose
	AppID      string `json:"app_id"`
	MiniAppID  string `json:"mini_app_id"`
	OutOrderNo string `json:"out_order_no"`
}

// Invited is where that page is.
type Invited struct {
	Traced
	URL string `json:"url"`
}

// TokenQuestion asks about the token that a MiniProgram keeps; the activity
// fetches the token itself and compares its fingerprint.
type TokenQuestion struct {
	AppID       string `json:"app_id"`
	MiniAppID   string `json:"mini_app_id"`
	Fingerprint string `json:"fingerprint"`
	Pacing      Pacing `json:"pacing,omitzero"`
}

// TokenAnswer is Alipay's truth about a token. Neither member is set for a token that is dead.
type TokenAnswer struct {
	Valid    bool `json:"valid"`
	Replaced bool `json:"replaced,omitempty"`
}
