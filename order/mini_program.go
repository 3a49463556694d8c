package order

import "time"

// Claim puts an order in charge of a mini program, so that messages that name only the mini program
// reach it. One order is in charge at a time, because Alipay takes one version at a time.
type Claim struct {
	OutOrderNo string `json:"out_order_no"`
}

// Doubt says that Alipay refused a call made with a token. The mini program asks Alipay about the
// token before it calls it revoked: a refusal may have other reasons.
type Doubt struct {
	OutOrderNo string `json:"out_order_no"`
	Code       string `json:"code"`
	// Fingerprint is of the token that was refused; empty when there was none to call
	// with, or when a person has doubts.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// RetryDoubt is the code of a doubt that a person's retry raised: a token that Alipay
// still calls valid is tried again.
const RetryDoubt = "RETRY"

// End says to a mini program that its order has ended, which puts the next in its queue in charge.
type End struct {
	OutOrderNo string `json:"out_order_no"`
	Stage      Stage  `json:"stage"`
	// AppVersion and BundleID name the order's own version: a later message about it is
	// late, one about another version belongs to an order that is still to come.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	// Online is set when the order put a version online; the mini program outlives the order and
	// goes on showing it.
	Online *OnlineVersion `json:"online,omitempty"`
	// Trial is set of a trial that exists, of which the mini program keeps the certification from then on.
	Trial *Trial `json:"trial,omitempty"`
}

// OnlineVersion is what a mini program's users see, as the last order that released a version has
// said: Alipay sends no message about it.
type OnlineVersion struct {
	AppVersion string    `json:"app_version" doc:"Its number." example:"0.0.1"`
	BundleID   string    `json:"bundle_id" doc:"The client it is for." example:"com.alipay.alipaywallet"`
	Promotable bool      `json:"promotable" doc:"Whether it may be promoted."`
	Limited    bool      `json:"limited,omitempty" doc:"Online in Alipay's limited form: no search, few visitors, 90 days."`
	Since      time.Time `json:"since" doc:"Since when it is online." example:"2026-11-23T09:30:00Z"`
}

// AuthorizationChange says to an order where authorisation stands, and where the order
// stands itself: in charge of its mini program, or queued behind another.
type AuthorizationChange struct {
	// MiniAppID is who says it: an order that the merchant's authorisation names may not know yet.
	MiniAppID     string        `json:"mini_app_id,omitempty"`
	Authorization Authorization `json:"authorization"`
	Fingerprint   string        `json:"fingerprint,omitempty"`
	// Doubtful is set while Alipay has refused a call with the token and could not be asked
	// whether it is valid: Authorization is what it was, and no call may be made with it.
	Doubtful bool   `json:"doubtful,omitempty"`
	Code     string `json:"code,omitempty"`
	// QueuedBehind is the order in charge while the one that this is sent to is not; empty puts it in charge.
	QueuedBehind string `json:"queued_behind,omitempty"`
	Place        int    `json:"place,omitempty"`
}

// VersionReservation says that an order takes a version number of a mini program: it
// saw the number free at SeenFreeAt and is about to upload it. No query of Alipay's
// says whose a number is.
type VersionReservation struct {
	OutOrderNo      string `json:"out_order_no"`
	AppVersion      string `json:"app_version"`
	BundleID        string `json:"bundle_id"`
	TemplateID      string `json:"template_id"`
	TemplateVersion string `json:"template_version"`
	// Ext is [Sealed.Digest] of the merchant's configuration that is built in: the same number with
	// another configuration is another build.
	Ext        string    `json:"ext,omitempty"`
	SeenFreeAt time.Time `json:"seen_free_at"`
	// Ended is set when the order has ended: its messages are late, its version is in nobody's hands any
	// more, and the reservation is the first to be forgotten.
	Ended bool `json:"ended,omitempty"`
}

// Names reports whether the reservation is of this version. A message that names no
// client is about the number in any client.
func (r VersionReservation) Names(appVersion, bundleID string) bool {
	return r.AppVersion == appVersion && (bundleID == "" || r.BundleID == bundleID)
}

// MadeThen reports whether a version of this number that was created then can be the reservation's: one
// that is older was there before the number was seen free, whatever Alipay's clock and ours differ by.
func (r VersionReservation) MadeThen(created time.Time, slack time.Duration) bool {
	return created.IsZero() || !created.Before(r.SeenFreeAt.Add(-slack))
}

// TokenDoubt says that nobody knows whether a mini program's token is valid. Until Alipay says so
// it is neither used nor called revoked.
type TokenDoubt struct {
	Since   time.Time `json:"since" doc:"Since when." example:"2026-11-20T08:00:00Z"`
	Code    string    `json:"code" doc:"Why Alipay could not be asked." example:"isv.illegal-client-ip"`
	NextTry time.Time `json:"next_try" doc:"When it is asked again." example:"2026-11-20T08:05:00Z"`
}
