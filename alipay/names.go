package alipay

// Names of messages as msg_method carries them, or notify_type or service where a comment
// says so. These messages have typed forms, because orders depend on them.
//
//nolint:gosec // names of messages, which "pass" and "auth" make look like passwords
const (
	MessageMerchantConfirmed      = "alipay.open.mini.merchant.confirmed"
	MessageFastRegisterChanged    = "alipay.open.mini.merchant.fastregister.changed"
	MessageVersionAuditPassed     = "alipay.open.mini.version.audit.passed"
	MessageVersionAuditRejected   = "alipay.open.mini.version.audit.rejected"
	MessageVersionBaseAuditPassed = "alipay.open.mini.version.baseaudit.passed"
	MessageAppAuthCancelled       = "alipay.open.auth.appauth.cancelled"
	MessageAppAuthCancel          = "alipay.open.auth.appauth.cancel" // the same message as published samples spell it
	MessageOpenAppAuth            = "open_app_auth_notify"
)

// Names of messages that play no part in an order. They are verified and read like the
// others, because a service provider's own systems may want them.
//
//nolint:gosec // names of messages, which "passed" makes look like passwords
const (
	MessageAPIFieldChanged      = "alipay.open.app.api.field.changed"
	MessageUserAuthCancelled    = "alipay.open.auth.userauth.cancelled"
	MessageDepositBackCompleted = "alipay.trade.refund.depositback.completed"
	MessageZFTPassed            = "ant.merchant.expand.indirect.zft.passed"
	MessageZFTRejected          = "ant.merchant.expand.indirect.zft.rejected"
	MessageServiceMarketOrder   = "servicemarket_order_notify" // notify_type; its fields are flat parameters
	MessageOperationResult      = "alipay.open.sp.operation.result.notify"
	MessageIntegrationSync      = "alipay.open.sp.inteop.sync.notify" // Alipay's spelling
	MessageTradeComplainChanged = "alipay.merchant.tradecomplain.changed"
	MessageTradeStatus          = "trade_status_sync" // notify_type; flat, goes to notify_url
	MessageGatewayCheck         = "alipay.service.check"
)
