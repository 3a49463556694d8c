package notify

import (
	"errors"
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// Message is the typed form of a content. It is an interface because each message has its own
// fields.
type Message interface {
	// Name returns the message's name, one of the Message… constants or, for an
	// [*UnknownMessage], the name that Alipay sent. Aliases return the newer name, so that
	// callers compare with one.
	Name() string
}

// MerchantConfirmed is the merchant's answer to a formal creation
// (alipay.open.mini.merchant.confirmed). Its arrival alone isn't a consent, because a refusal
// has the same name: read Status.
type MerchantConfirmed struct {
	OrderNo    string
	OutOrderNo string
	MiniAppID  string
	Status     alipay.MerchantStatus
	PID        string
}

// FastRegisterChanged reports the progress of a trial mini program
// (alipay.open.mini.merchant.fastregister.changed). Messages may overtake each other, so the
// query decides.
type FastRegisterChanged struct {
	OrderNo    string
	OutOrderNo string
	MiniAppID  string // merchant_app_id; set once the trial exists
	Status     alipay.FastRegisterStatus
	AppName    string
	MerchantID string
}

// VersionAuditPassed means that a version passed its audit
// (alipay.open.mini.version.audit.passed). It has fewer fields than a rejection, because
// there is nothing to explain.
type VersionAuditPassed struct {
	MiniAppID      string
	BundleID       string // [alipay.DefaultBundleID] where Alipay left it out
	MiniAppVersion string // may be empty, because one version at most is in audit
}

// VersionAudit is shared by the two messages about an audit that was not passed completely,
// because both explain it by the same fields.
type VersionAudit struct {
	MiniAppID          string
	BundleID           string
	MiniAppVersion     string
	AuditReason        string
	BaseAudit          alipay.AuditResult
	PromoteAudit       alipay.AuditResult
	BaseAuditReason    alipay.AuditReason
	PromoteAuditReason alipay.AuditReason
}

// VersionAuditRejected means that a version was rejected
// (alipay.open.mini.version.audit.rejected), so it blocks other submissions until it is taken
// back.
type VersionAuditRejected struct{ VersionAudit }

// VersionBaseAuditPassed means that a version is admitted but may not be promoted
// (alipay.open.mini.version.baseaudit.passed), so a person may have to decide whether it goes
// online.
type VersionBaseAuditPassed struct{ VersionAudit }

// OpenAppAuthNotify carries the authorisation of a merchant's mini program
// (open_app_auth_notify with status execute_auth). No query returns the token again, so it
// has to be stored before the message is acknowledged.
type OpenAppAuthNotify struct {
	Trigger         string
	OutBizNo        string // notify_context.trigger_context.out_biz_no: out_order_no of an assisted creation, the only link to the order
	AppAuthToken    alipay.Secret
	AppRefreshToken alipay.Secret
	AppAuthCode     alipay.Secret
	AppID           string
	AuthAppID       string
	UserID          string
	AgentAppID      string
	AuthTime        time.Time // decides which of two tokens is newer; zero when missing or unreadable
	ExpiresIn       int64     // seconds; obsolete, because a token lives until it is revoked
	ReExpiresIn     int64
}

// AppAuthCancelled means that the merchant revoked an authorisation
// (alipay.open.auth.appauth.cancelled). It invalidates only the token that it names, so a
// newer one stays valid.
type AppAuthCancelled struct {
	AppAuthToken alipay.Secret
	AppID        string
	AuthAppID    string
	UserID       string
}

// UnknownMessage is a verified message without a typed form. It is kept, acknowledged and
// forwarded like any other, because the ISV's own systems may want it; its content is in the
// notification.
type UnknownMessage struct{ name string }

// Name implements [Message]. All four statuses of the merchant's answer come under this name.
func (MerchantConfirmed) Name() string { return alipay.MessageMerchantConfirmed }

// Name implements [Message]. Creation and certification come under this one name.
func (FastRegisterChanged) Name() string { return alipay.MessageFastRegisterChanged }

// Name implements [Message]. Alipay has a name for each verdict, so here the name is the verdict.
func (VersionAuditPassed) Name() string { return alipay.MessageVersionAuditPassed }

// Name implements [Message]. The verdict is in the name; audit_reason is only prose.
func (VersionAuditRejected) Name() string { return alipay.MessageVersionAuditRejected }

// Name implements [Message]. Alipay writes baseaudit in one word here and base_audit in the
// content.
func (VersionBaseAuditPassed) Name() string { return alipay.MessageVersionBaseAuditPassed }

// Name implements [Message]. It is a notify_type: the legacy layout has no msg_method.
func (OpenAppAuthNotify) Name() string { return alipay.MessageOpenAppAuth }

// Name implements [Message]. It is the newer name, of a message that came as appauth.cancel too.
func (AppAuthCancelled) Name() string { return alipay.MessageAppAuthCancelled }

// Name implements [Message] with the name that Alipay sent, by which an operator looks it up.
func (m *UnknownMessage) Name() string { return m.name }

// ErrMessage means that a message of a known name has content of another shape than
// documented. Such a message is kept but not acted on, because a guess could start the wrong
// step.
var ErrMessage = errors.New("the content is not what Alipay documents for this message: look at the raw notification")

// Message reads the content into its typed form: a pointer to one of the types of this file,
// an [*UnknownMessage] for any other name, or an error that is the notification's
// ContentError or wraps [ErrMessage]. An ErrMessage may come with a message of which only
// some members could be read: it can be shown and used to find an order, but must not be
// acted on.
func (n *Notification) Message() (Message, error) {
	if n.ContentError != nil {
		return nil, n.ContentError
	}
	read, known := messageReaders[n.Name]
	if !known || (n.Name == alipay.MessageOpenAppAuth && !n.grantsAuthorization()) {
		return &UnknownMessage{name: n.Name}, nil
	}
	o, err := wire.ReadObject(n.Content)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", n.Name, ErrMessage, err)
	}
	message := read(o)
	if o.Failure() != nil {
		return message, fmt.Errorf("read %s: %w: %w", n.Name, ErrMessage, o.Failure())
	}
	return message, nil
}

// Unread returns the paths of the content's members that no typed form has, sorted, and whether the
// message has a typed form at all. It holds names alone.
func (n *Notification) Unread() (paths []string, typed bool) {
	read, known := messageReaders[n.Name]
	if !known || n.Content == nil {
		return nil, known
	}
	o, err := wire.ReadObject(n.Content)
	if err != nil {
		return nil, true
	}
	o = o.Watched()
	read(o)
	return o.Unasked(), true
}

// grantsAuthorization reports whether an open_app_auth_notify has its one documented status.
// Published samples without a status mean the same; another status would be a different
// message under this name.
func (n *Notification) grantsAuthorization() bool {
	status := n.Params.Get(paramStatus)
	return status == "" || status == "execute_auth"
}
