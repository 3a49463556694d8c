package lifecycle

// Names of the pushes that the life of a mini program causes, as on the wire.
// MessageAuthorized looks different because it has the 1.0 layout.
const (
	MessageConfirmed    = "alipay.open.mini.merchant.confirmed"
	MessageFastRegister = "alipay.open.mini.merchant.fastregister.changed"
	MessagePassed       = "alipay.open.mini.version.audit.passed" //nolint:gosec // a message name
	MessageRejected     = "alipay.open.mini.version.audit.rejected"
	MessageBasePassed   = "alipay.open.mini.version.baseaudit.passed" //nolint:gosec // a message name
	MessageAuthorized   = "open_app_auth_notify"
	MessageRevoked      = "alipay.open.auth.appauth.cancelled"
)

// Moments a revoke rule can count from, as rules spell them.
const (
	MomentAuthorized = "authorized"
	MomentBuilding   = "building"
	MomentScanning   = "scanning"
	MomentAuditing   = "auditing"
	MomentRejected   = "rejected"
	MomentPassed     = "passed"
	MomentOnline     = "online"
)

// The verdicts of the two halves of a split audit (audit_rule=BASE_PROMOTE), as on the
// wire.
const (
	VerdictPass   = "PASS"
	VerdictReject = "REJECT"
)

// ServiceCheck is the console's question whether the gateway URL belongs to the
// holder of the application's private key.
const ServiceCheck = "alipay.service.check"
