package order

import (
	"time"

	"miniflow/words"
)

// NotificationKey is a notification's identity: what is compared, remembered and never acted on
// twice. The same id with another digest is a conflict.
type NotificationKey struct {
	AppID    string `json:"app_id"`
	NotifyID string `json:"notify_id"`
	// Digest is the hex SHA-256 of the message name and its decrypted content: the same however the
	// message was signed or sent.
	Digest string `json:"digest"`
}

// Notification is a verified message in Miniflow's words: where it belongs and
// what it asserts. It has nothing secret in clear.
type Notification struct {
	NotificationKey
	// Name is Alipay's message name: msg_method, or notify_type of the legacy layout.
	Name    string `json:"name"`
	Channel string `json:"channel"`
	// SentAt is Alipay's own time of the message; zero when it carried none. It decides only where
	// Alipay can't be asked: a verdict from before the attempt is then not taken at its word.
	SentAt     time.Time `json:"sent_at,omitzero"`
	ReceivedAt time.Time `json:"received_at"`

	OutOrderNo string `json:"out_order_no,omitempty"`
	OrderNo    string `json:"order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	AppVersion string `json:"app_version,omitempty"`

	Evidence Evidence `json:"evidence,omitzero"`
	// Content is the whole decrypted content, sealed; kept by Deliveries only.
	Content Sealed `json:"content,omitempty"`
	// Raw is what Alipay signed, sealed: the body as it was posted, or the member data of
	// a frame of the long connection; empty when it was too large. Kept for the forward
	// target alone.
	Raw Sealed `json:"raw,omitempty"`
	// Signature is the signature of Raw; nil over HTTP, where it is a parameter of the body.
	Signature *Signature `json:"signature,omitempty"`
	// Copied says that a copy went to the forward target when the message came, so that its dead
	// letter isn't forwarded again.
	Copied bool `json:"copied,omitempty"`
	// Note says what of its text had to be repaired before it could be read, so that nobody takes
	// the repaired text for Alipay's. Raw has the bytes as they came.
	Note string `json:"note,omitempty"`
	// Flaw says why the content could not be read. Alipay would only send the same bytes again, so
	// the message goes to the dead letters.
	Flaw string `json:"flaw,omitempty"`
}

// Noting returns what became of the notification, with its note behind it: a person who reads of
// the message has to know that its text was repaired.
func (n Notification) Noting(what words.Text) words.Text {
	if n.Note == "" {
		return what
	}
	return words.New("note.repaired", what, n.Note)
}

// Signature is Alipay's, over the bytes of a frame of the long connection. It is not
// secret: it says nothing that the digest does not.
type Signature struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	// Charset is what the signed bytes are written in; a receiver that verifies has to encode in it
	// first.
	Charset string `json:"charset"`
}

// WithoutRaw returns the notification for a receiver that acts on its evidence and hands nothing
// on: the signed bytes may be many, and a signal stays in a history.
func (n Notification) WithoutRaw() Notification {
	n.Raw, n.Signature = "", nil
	return n
}

// Evidence is what a notification asserts. A query decides whether it is so.
type Evidence struct {
	MerchantStatus string   `json:"merchant_status,omitempty"`
	RegisterStatus string   `json:"register_status,omitempty"`
	Verdict        Verdict  `json:"verdict,omitempty"`
	BaseAudit      string   `json:"base_audit,omitempty"`
	PromoteAudit   string   `json:"promote_audit,omitempty"`
	Reasons        []Reason `json:"reasons,omitempty"`
	Token          *Token   `json:"token,omitempty"`
	// RevokedToken is the fingerprint of the token that appauth.cancelled names: a revocation kills
	// that token and no newer one.
	RevokedToken string `json:"revoked_token,omitempty"`
}

// Token is an app_auth_token as a MiniProgram keeps it, the only place where it is kept.
type Token struct {
	Sealed  Sealed `json:"sealed"`
	Refresh Sealed `json:"refresh,omitempty"`
	// Fingerprint distinguishes two tokens and can't be turned back into one.
	Fingerprint string `json:"fingerprint"`
	// AuthTime orders tokens: the newest wins. It is Alipay's auth_time, or the time of an import.
	AuthTime time.Time `json:"auth_time"`
	Source   string    `json:"source,omitempty"`
}

// Reason is one part of an audit's refusal. Alipay gives one text for all, or one each for
// admission and promotion.
type Reason struct {
	Part   string   `json:"part" doc:"base, promote or all." example:"base"`
	Memo   string   `json:"memo" doc:"Alipay's words." example:"类目不符"`
	Images []string `json:"images" doc:"Addresses of pictures that show it, at Alipay's; they expire."`
	// Copies are parallel to Images, and shorter where the last have none.
	Copies []string `json:"copies,omitempty" doc:"The SHA-256 of the copy of each picture, in the order of images; empty for one of which there is none. GET /v1/files/{app_id}/{sha256} returns it."`
}

// Poke asks an order to look at Alipay now: a token whose message names the order means that the
// merchant has agreed, before merchant.confirmed says so.
type Poke struct {
	MiniAppID string `json:"mini_app_id,omitempty"`
	// Mode is who acts for the order from now on; empty says nothing of that.
	Mode Mode       `json:"mode,omitempty"`
	Why  words.Text `json:"why"`
}
