package notify

import (
	"errors"
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// Message is the typed form of a notification's content.
type Message interface {
	// Name is the message's name, one of the Message… constants or, for an
	// [*UnknownMessage], whatever Alipay called it. Aliases give the newer name.
	Name() string
}

// MerchantConfirmed says how the merchant answered a formal creation
// (alipay.open.mini.merchant.confirmed). Its arrival is no consent: Status is.
type MerchantConfirmed struct {
	OrderNo    string // order_no, Alipay's
	OutOrderNo string // out_order_no, ours
	MiniAppID  string // min_app_id (Alipay's spelling); set once the merchant agreed
	Status     alipay.MerchantStatus
	PID        string // pid, the merchant's account
}

// FastRegisterChanged says where a trial mini program stands
// (alipay.open.mini.merchant.fastregister.changed).
type FastRegisterChanged struct {
	OrderNo    string
	OutOrderNo string
	MiniAppID  string // merchant_app_id; set once the trial exists
	Status     alipay.FastRegisterStatus
	AppName    string // app_name with the suffix that Alipay adds
	MerchantID string // merchant_id, the merchant's account
}

// VersionAuditPassed says that a version passed its audit
// (alipay.open.mini.version.audit.passed).
type VersionAuditPassed struct {
	MiniAppID      string
	BundleID       string // [alipay.DefaultBundleID] where it was left out
	MiniAppVersion string // mini_app_version; may be empty: then it is the version in audit
}

// VersionAudit is the content that the two messages about an audit that did
// not wholly pass share.
type VersionAudit struct {
	MiniAppID          string
	BundleID           string // [alipay.DefaultBundleID] where it was left out
	MiniAppVersion     string
	AuditReason        string // audit_reason, flat text
	BaseAudit          alipay.AuditResult
	PromoteAudit       alipay.AuditResult
	BaseAuditReason    alipay.AuditReason
	PromoteAuditReason alipay.AuditReason
}

// VersionAuditRejected says that a version was rejected
// (alipay.open.mini.version.audit.rejected).
type VersionAuditRejected struct{ VersionAudit }

// VersionBaseAuditPassed says that a version is admitted but may not be
// promoted (alipay.open.mini.version.baseaudit.passed).
type VersionBaseAuditPassed struct{ VersionAudit }

// OpenAppAuthNotify brings the authorisation of a merchant's mini program
// (open_app_auth_notify with status execute_auth). No query returns the token
// again: store it before the message is acknowledged.
type OpenAppAuthNotify struct {
	Trigger         string // notify_context.trigger
	OutBizNo        string // notify_context.trigger_context.out_biz_no: out_order_no of an assisted creation
	AppAuthToken    alipay.Secret
	AppRefreshToken alipay.Secret
	AppAuthCode     alipay.Secret
	AppID           string // the third-party app
	AuthAppID       string // the merchant's mini program
	UserID          string // the merchant's account
	AgentAppID      string
	AuthTime        time.Time // orders tokens; zero when missing or unreadable
	ExpiresIn       int64     // seconds; obsolete, the token lives until revoked
	ReExpiresIn     int64     // seconds; obsolete
}

// AppAuthCancelled says that the merchant revoked an authorisation
// (alipay.open.auth.appauth.cancelled). It kills the token it names, no other.
type AppAuthCancelled struct {
	AppAuthToken alipay.Secret
	AppID        string // the third-party app
	AuthAppID    string // the merchant's mini program
	UserID       string // the merchant's account
}

// UnknownMessage is a verified message without a typed form. It is kept,
// acknowledged and forwarded like any other; its content is in the notification.
type UnknownMessage struct{ name string }

// Name implements [Message].
func (MerchantConfirmed) Name() string { return alipay.MessageMerchantConfirmed }

// Name implements [Message].
func (FastRegisterChanged) Name() string { return alipay.MessageFastRegisterChanged }

// Name implements [Message].
func (VersionAuditPassed) Name() string { return alipay.MessageVersionAuditPassed }

// Name implements [Message].
func (VersionAuditRejected) Name() string { return alipay.MessageVersionAuditRejected }

// Name implements [Message].
func (VersionBaseAuditPassed) Name() string { return alipay.MessageVersionBaseAuditPassed }

// Name implements [Message].
func (OpenAppAuthNotify) Name() string { return alipay.MessageOpenAppAuth }

// Name implements [Message].
func (AppAuthCancelled) Name() string { return alipay.MessageAppAuthCancelled }

// Name implements [Message].
func (m *UnknownMessage) Name() string { return m.name }

// ErrMessage is wrapped when a message of a known name has content of another
// shape than documented. Such a message can be kept, but not acted on.
var ErrMessage = errors.New("the content is not what Alipay documents for this message: look at the raw notification")

// Message reads the content into its typed form: a pointer to one of the types
// of this file, an [*UnknownMessage] for every other name, or an error that is
// the notification's ContentError or wraps [ErrMessage]. Beside an ErrMessage there
// may be a message of which only some members could be read: it is for showing and
// for looking up, not for acting on.
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

// grantsAuthorization tells the one documented status of open_app_auth_notify
// from others that may come. Samples without a status mean the same.
func (n *Notification) grantsAuthorization() bool {
	status := n.Params.Get(paramStatus)
	return status == "" || status == "execute_auth"
}
