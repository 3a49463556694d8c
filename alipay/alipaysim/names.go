package alipaysim

// Names of the pushes that the life of a mini program causes.
const (
	messageConfirmed    = "alipay.open.mini.merchant.confirmed"
	messageFastRegister = "alipay.open.mini.merchant.fastregister.changed"
	messagePassed       = "alipay.open.mini.version.audit.passed" //nolint:gosec // a message name
	messageRejected     = "alipay.open.mini.version.audit.rejected"
	messageBasePassed   = "alipay.open.mini.version.baseaudit.passed" //nolint:gosec // a message name
	messageAuthorized   = "open_app_auth_notify"
	messageRevoked      = "alipay.open.auth.appauth.cancelled"
)

// Moments a revoke rule can count from.
const (
	momentAuthorized = "authorized"
	momentBuilding   = "building"
	momentScanning   = "scanning"
	momentAuditing   = "auditing"
	momentRejected   = "rejected"
	momentPassed     = "passed"
	momentOnline     = "online"
)

// The verdicts of the two halves of a split audit.
const (
	auditPass   = "PASS"
	auditReject = "REJECT"
)
