package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
)

// Records are what the file holds, one JSON value each. None holds an address,
// a key, or a field of a merchant that the simulator does not need: what must
// only be compared is kept as a digest.

// Order is one creation order. The digests are what idempotency needs:
// the same number with the same content is the same order.
type Order struct {
	OrderNo     string                `json:"order_no"`
	AppID       string                `json:"app_id"`
	OutOrderNo  string                `json:"out_order_no"`
	Kind        lifecycle.Kind        `json:"kind"`
	Status      lifecycle.OrderStatus `json:"status"`
	AppName     string                `json:"app_name"`
	MiniAppID   string                `json:"mini_app_id,omitempty"`
	PID         string                `json:"pid"`
	MerchantSum string                `json:"merchant_sum"` // digest of the account
	ContentSum  string                `json:"content_sum"`  // digest of the whole request
	// CertifyAsked is whether alipay.open.mini.isv.certify.create was called.
	CertifyAsked bool      `json:"certify_asked,omitempty"`
	CertifyStep  int       `json:"certify_step,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	ChangedAt    time.Time `json:"changed_at"`
}

// Place is by the platform's number; by its other names an index finds the order.
func (r *Order) Place() (string, string) { return bucketOrders, r.OrderNo }

// Ways to find an order beside its number, each with the shape of its keys.
const (
	ByOutOrderNo = "out_order_no" // key: app_id/out_order_no
	ByName       = "app_name"     // key: the name; the last order that took it
	ByMerchant   = "merchant"     // key: kind/digest of the account; the last order
)

// index finds an order by something else than its number. It is never
// deleted: whether the order still holds what it took is for its status to say.
type index struct {
	By      string `json:"by"`
	Key     string `json:"key"`
	OrderNo string `json:"order_no"`
}

func (r *index) Place() (string, string) { return bucketIndex, r.By + "/" + r.Key }

// Mini is one merchant's mini program. It outlives its order, and may have
// none when it was added by hand.
type Mini struct {
	MiniAppID    string            `json:"mini_app_id"`
	AppID        string            `json:"app_id"` // the third-party app it is authorised to
	OrderNo      string            `json:"order_no,omitempty"`
	OutOrderNo   string            `json:"out_order_no,omitempty"`
	PID          string            `json:"pid"`
	Trial        bool              `json:"trial,omitempty"` // not certified yet
	Token        string            `json:"token,omitempty"` // the newest one, valid or not
	EverOnline   bool              `json:"ever_online,omitempty"`
	Attempts     int               `json:"attempts"`               // submissions, of deleted versions too
	RevokedOnce  bool              `json:"revoked_once,omitempty"` // a revoke rule has struck
	RolledBack   bool              `json:"rolled_back,omitempty"`  // by the last release move
	LimitedUntil time.Time         `json:"limited_until,omitzero"` // limited release without ICP filing
	Filing       *Filing           `json:"filing,omitempty"`       // set by hand; else by the rules
	BaseInfo     map[string]string `json:"base_info"`              // app_name, app_slogan, … as submitted
	CreatedAt    time.Time         `json:"created_at"`
}

// Place is by the mini program's id, which tokens and versions name.
func (r *Mini) Place() (string, string) { return bucketMinis, r.MiniAppID }

// Version is one version of a mini program for one client. Several clients
// have their own versions, but share one audit pipeline.
type Version struct {
	MiniAppID  string          `json:"mini_app_id"`
	BundleID   string          `json:"bundle_id"`
	AppVersion string          `json:"app_version"`
	Phase      lifecycle.Phase `json:"phase"`
	UploadedAt time.Time       `json:"uploaded_at"`
	BuiltAt    time.Time       `json:"built_at"` // while building: when it will be
	Template   string          `json:"template_id"`
	TemplateV  string          `json:"template_version,omitempty"`
	Audit      *Audit          `json:"audit,omitempty"` // the last attempt
	Attempts   int             `json:"attempts"`
	OnlineAt   time.Time       `json:"online_at,omitzero"`
	OfflineAt  time.Time       `json:"offline_at,omitzero"`
	// PackagedAt is when people can try the version out (体验版), zero where they can't.
	PackagedAt time.Time `json:"packaged_at,omitzero"`
}

// Audit is one audit attempt of a version. The next attempt replaces it:
// the platform, too, shows only the last.
type Audit struct {
	Split         bool            `json:"split"` // audit_rule=BASE_PROMOTE
	AutoOnline    bool            `json:"auto_online"`
	Description   string          `json:"version_desc"`
	Memo          string          `json:"memo,omitempty"`
	RegionType    string          `json:"region_type,omitempty"`
	Regions       []Region        `json:"regions,omitempty"`
	ScreenShots   int             `json:"screen_shots,omitempty"`
	AppliedAt     time.Time       `json:"applied_at"`
	EndedAt       time.Time       `json:"ended_at,omitzero"`
	Base          string          `json:"base_audit,omitempty"`
	Promote       string          `json:"promote_audit,omitempty"`
	BaseReason    []script.Reason `json:"base_reasons,omitempty"`
	PromoteReason []script.Reason `json:"promote_reasons,omitempty"`
	Reason        string          `json:"audit_reason,omitempty"`
}

// Place sorts the versions of a client by number, so that the last one is the highest.
func (r *Version) Place() (string, string) {
	return bucketVersions, versionPrefix(r.MiniAppID, r.BundleID) + SortableVersion(r.AppVersion)
}

func versionPrefix(miniAppID, bundleID string) string { return miniAppID + "/" + bundleID + "/" }

// maxVersionPart is the platform's limit of each number in x.y.z.
const maxVersionPart = 2147483647

// SortableVersion spells a version so that byte order is version order. A text
// that isn't a version gets a key that no version has.
func SortableVersion(version string) string {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return "?" + version
	}
	spelled := make([]string, len(parts))
	for i, part := range parts {
		number, err := strconv.ParseUint(part, 10, 32)
		if err != nil || number > maxVersionPart || strconv.FormatUint(number, 10) != part {
			return "?" + version
		}
		spelled[i] = fmt.Sprintf("%010d", number)
	}
	return strings.Join(spelled, ".")
}

// ValidVersion reports whether the text is x.y.z as the platform takes it: three plain
// numbers without leading zeros.
func ValidVersion(version string) bool { return !strings.HasPrefix(SortableVersion(version), "?") }

// States of a token. As on the platform, the gateway refuses a replaced one as expired
// and a revoked one as invalid.
const (
	TokenValid    = "valid"
	TokenRevoked  = "revoked"
	TokenReplaced = "replaced"
)

// Token is one app authorisation. Ended ones are kept, because the platform
// answers for them: token.app.query says invalid, it does not say unknown.
type Token struct {
	Token     string    `json:"token"`
	Refresh   string    `json:"refresh"`
	AppID     string    `json:"app_id"`
	MiniAppID string    `json:"mini_app_id"`
	PID       string    `json:"pid"`
	State     string    `json:"state"`
	AuthTime  time.Time `json:"auth_time"`
}

// Place is by the token itself, because a call names nothing else of its authorisation.
func (r *Token) Place() (string, string) { return bucketTokens, r.Token }

// AuthCode is an app_auth_code on its way, or a refresh token: both are
// exchanged for a token, once.
type AuthCode struct {
	Code      string    `json:"code"`
	AppID     string    `json:"app_id"`
	MiniAppID string    `json:"mini_app_id"`
	Refresh   bool      `json:"refresh,omitempty"`
	ValidTill time.Time `json:"valid_till,omitzero"` // zero: for ever
	Used      bool      `json:"used,omitempty"`
}

// Place is by the code, because an exchange names nothing else of its authorisation.
func (r *AuthCode) Place() (string, string) { return bucketCodes, r.Code }

// Settings holds what the management API set, so that rules and faults outlive a
// restart.
type Settings struct {
	Rules  script.Rules  `json:"rules"`
	Faults script.Faults `json:"faults"`
}

// Place is the same for all, because a file has one set of settings.
func (r *Settings) Place() (string, string) { return bucketSettings, "settings" }

// Digest stands in for a text that must only be compared, so that the file does not
// hold it.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Region is one entry of service_region_info, kept as it was submitted for detail.query
// to show.
type Region struct {
	Province string `json:"province_code"`
	City     string `json:"city_code,omitempty"`
	Area     string `json:"area_code,omitempty"`
}
