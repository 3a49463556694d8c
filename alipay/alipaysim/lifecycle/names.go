package lifecycle

// Names of the pushes that the life of a mini program causes. There is none for a build,
// a scan or going online: those have to be polled.
const (
	MessageConfirmed    = "alipay.open.mini.merchant.confirmed"
	MessageFastRegister = "alipay.open.mini.merchant.fastregister.changed"
	MessagePassed       = "alipay.open.mini.version.audit.passed" //nolint:gosec // a message name
	MessageRejected     = "alipay.open.mini.version.audit.rejected"
	MessageBasePassed   = "alipay.open.mini.version.baseaudit.passed" //nolint:gosec // a message name
	MessageAuthorized   = "open_app_auth_notify"
	MessageRevoked      = "alipay.open.auth.appauth.cancelled"
)

// Moments a revoke rule can count from: a merchant can revoke at any time, and what is
// then lost depends on where the version stands.
const (
	MomentAuthorized = "authorized"
	MomentBuilding   = "building"
	MomentScanning   = "scanning"
	MomentAuditing   = "auditing"
	MomentRejected   = "rejected"
	MomentPassed     = "passed"
	MomentOnline     = "online"
)

// The verdicts of the two halves of a split audit (audit_rule=BASE_PROMOTE): base decides
// whether the version may go online, promote whether it may be advertised.
const (
	VerdictPass   = "PASS"
	VerdictReject = "REJECT"
)

// ServiceCheck is the console's question whether the gateway URL belongs to the
// holder of the application's private key: only a signed answer lets the URL be saved.
const ServiceCheck = "alipay.service.check"
