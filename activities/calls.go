package activities

import (
	"time"

	"miniflow/order"
)

// Pacing says how an Await asks again.
type Pacing struct {
	Schedule order.Schedule `json:"schedule"`
	// Again paces it after a question that got no answer.
	Again order.Schedule `json:"again,omitempty"`
	// GiveUpAfter ends the wait with the last answer; zero never gives up.
	GiveUpAfter order.Duration `json:"give_up_after,omitzero"`
}

// Run names the run of a workflow that an act belongs to. An activity that finds
// itself in another run was scheduled again by a reset: it answers [FailureReset]
// and does nothing, since what the run did before the reset stands at Alipay.
// Empty belongs to any run.
type Run string

// CreateCall asks Alipay to create a mini program. Its idempotency key is OutOrderNo.
type CreateCall struct {
	Run        Run            `json:"run,omitempty"`
	AppID      string         `json:"app_id"`
	OutOrderNo string         `json:"out_order_no"`
	Kind       order.Kind     `json:"kind"`
	Create     []order.Sealed `json:"create"`
}

// Created is Alipay's answer to a CreateCall.
type Created struct {
	OrderNo string `json:"order_no"`
	// AuthorizeURL is for the merchant of a trial mini program.
	AuthorizeURL string `json:"authorize_url,omitempty"`
}

// MerchantQuestion asks isv.query or fastregister.query.
type MerchantQuestion struct {
	AppID   string     `json:"app_id"`
	Kind    order.Kind `json:"kind"`
	OrderNo string     `json:"order_no"`
	// Known is the certification that is not news.
	Known  order.Certification `json:"known,omitempty"`
	Pacing Pacing              `json:"pacing"`
}

// MerchantAnswer is Alipay's truth about an order of creation.
type MerchantAnswer struct {
	Status        order.MerchantStatus `json:"status"`
	OutOrderNo    string               `json:"out_order_no"`
	MiniAppID     string               `json:"mini_app_id"`
	Certification order.Certification  `json:"certification"`
}

// VersionQuestion asks about one version of a mini program, or names the one that is acted on.
type VersionQuestion struct {
	// Run is set on acts alone.
	Run        Run    `json:"run,omitempty"`
	AppID      string `json:"app_id"`
	MiniAppID  string `json:"mini_app_id"`
	BundleID   string `json:"bundle_id"`
	AppVersion string `json:"app_version"`
	// While lists the statuses during which the question is asked again; for TakeBack, those
	// from which the version is taken back, where not from all.
	While  []VersionStatus `json:"while,omitempty"`
	Pacing Pacing          `json:"pacing,omitzero"`
}

// VersionStatus is Alipay's status of a version, in Alipay's words.
type VersionStatus string

const (
	// VersionInit means that the version is in development.
	VersionInit VersionStatus = "INIT"
	// VersionAuditing means that it is in audit.
	VersionAuditing VersionStatus = "AUDITING"
	// VersionWaitRelease means that it has passed.
	VersionWaitRelease VersionStatus = "WAIT_RELEASE"
	// VersionBaseAuditPass means that it is admitted and not promotable.
	VersionBaseAuditPass VersionStatus = "BASE_AUDIT_PASS"
	// VersionAuditReject means that the audit refused it.
	VersionAuditReject VersionStatus = "AUDIT_REJECT"
	// VersionRelease means that it is online.
	VersionRelease VersionStatus = "RELEASE"
	// VersionGray means that it is online for a part of the users.
	VersionGray VersionStatus = "GRAY"
	// VersionOffline means that it was taken offline, or replaced.
	VersionOffline VersionStatus = "OFFLINE"
	// VersionAuditOffline means that Alipay took it down by force.
	VersionAuditOffline VersionStatus = "AUDIT_OFFLINE"
)

// VersionAnswer is Alipay's truth about a version.
type VersionAnswer struct {
	Status VersionStatus `json:"status"`
	// Scan is True, False or NAN.
	Scan         string         `json:"scan,omitempty"`
	BaseAudit    string         `json:"base_audit,omitempty"`
	PromoteAudit string         `json:"promote_audit,omitempty"`
	Reasons      []order.Reason `json:"reasons,omitempty"`
	// AppliedAt and EndedAt are Alipay's own times of the audit; zero when it gave none.
	AppliedAt time.Time `json:"applied_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// BuildState is how a build ended.
type BuildState string

const (
	// BuildRunning means that it is queued or being built.
	BuildRunning BuildState = "running"
	// BuildDone means that the version exists.
	BuildDone BuildState = "done"
	// BuildFailed means that Alipay could not build it (status 3).
	BuildFailed BuildState = "failed"
	// BuildTimedOut means that Alipay gave up on it (status 5).
	BuildTimedOut BuildState = "timed_out"
)

// BuildAnswer is Alipay's truth about a build.
type BuildAnswer struct {
	State BuildState `json:"state"`
}

// UploadCall builds a version from the template. Its idempotency key is
// (mini program, client, version number).
type UploadCall struct {
	Run       Run           `json:"run,omitempty"`
	AppID     string        `json:"app_id"`
	MiniAppID string        `json:"mini_app_id"`
	Version   order.Version `json:"version"`
	// Unsure is set when an earlier upload of this number may have arrived: its build is asked about first.
	Unsure bool `json:"unsure,omitempty"`
}

// NumberCall asks for a version number that is the order's own: the one that
// Version names, or, when it names none, the next free one above After.
type NumberCall struct {
	Run        Run           `json:"run,omitempty"`
	AppID      string        `json:"app_id"`
	MiniAppID  string        `json:"mini_app_id"`
	OutOrderNo string        `json:"out_order_no"`
	Version    order.Version `json:"version"`
	// After is the highest number that the order has tried; empty before the first.
	After string `json:"after,omitempty"`
}

// Number is a version number that is recorded for the order.
type Number struct {
	AppVersion string `json:"app_version"`
	// Uploaded is set when the order has uploaded it already, in a run that was reset or has ended.
	Uploaded bool `json:"uploaded,omitempty"`
}

// SubmitCall submits a version for audit. Alipay takes one version at a time, so
// the mini program and the version number are the idempotency key.
type SubmitCall struct {
	Question VersionQuestion `json:"question"`
	Fields   []order.Sealed  `json:"fields"`
	// Drop names fields that Alipay does not let this mini program change.
	Drop []string `json:"drop,omitempty"`
}

// ReleaseCall puts a version online.
type ReleaseCall struct {
	Question VersionQuestion `json:"question"`
	// Limited asks for Alipay's limited form, which a version may have whose ICP filing is unfinished.
	Limited bool `json:"limited,omitempty"`
}

// TokenQuestion asks about the token that a MiniProgram keeps; the activity
// fetches the token itself and compares its fingerprint.
type TokenQuestion struct {
	AppID       string `json:"app_id"`
	MiniAppID   string `json:"mini_app_id"`
	Fingerprint string `json:"fingerprint"`
	Pacing      Pacing `json:"pacing,omitzero"`
}

// TokenAnswer is Alipay's truth about a token.
type TokenAnswer struct {
	Valid bool `json:"valid"`
	// Replaced is set when the MiniProgram keeps another token by now, which makes the question moot.
	Replaced bool `json:"replaced,omitempty"`
}

// OrderAddress names an order.
type OrderAddress struct {
	AppID      string `json:"app_id"`
	OutOrderNo string `json:"out_order_no"`
}

// ClaimCall puts an order in charge of a mini program.
type ClaimCall struct {
	Order OrderAddress `json:"order"`
	// MiniProgram starts the entity when it does not exist.
	MiniProgram order.MiniProgramInput `json:"mini_program"`
}

// LocateCall looks for the order of a notification: by its number, or, when that is
// empty, for the order in charge of its mini program.
type LocateCall struct {
	Order     OrderAddress `json:"order"`
	MiniAppID string       `json:"mini_app_id,omitempty"`
	// AppVersion and BundleID are the version that the notification names: the order
	// that has taken that number is the one, in charge or not.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`

	Key    order.NotificationKey `json:"key"`
	Pacing Pacing                `json:"pacing"`
}

// Location says where the order of a notification is.
type Location struct {
	// State is unknown, running or ended.
	State LocationState `json:"state"`
	// OutOrderNo is the number of the order that was found.
	OutOrderNo string `json:"out_order_no,omitempty"`
	// Disposition is what an ended order had given this very notification, if it knew it.
	Disposition order.Disposition `json:"disposition,omitempty"`
	// Stage, OrderNo and MiniAppID are an ended order's own.
	Stage     order.Stage `json:"stage,omitempty"`
	OrderNo   string      `json:"order_no,omitempty"`
	MiniAppID string      `json:"mini_app_id,omitempty"`
}

// LocationState is whether an order exists.
type LocationState string

const (
	// LocationUnknown means that there is no such order.
	LocationUnknown LocationState = "unknown"
	// LocationRunning means that the order runs.
	LocationRunning LocationState = "running"
	// LocationEnded means that it has ended.
	LocationEnded LocationState = "ended"
)

// HandOverCall gives a notification to its order and waits for what became of it.
type HandOverCall struct {
	Order        OrderAddress       `json:"order"`
	Notification order.Notification `json:"notification"`
}
