package alipay

// Names of messages as msg_method carries them, or notify_type or service
// where a comment says so. These have typed forms, see [Notification.Message].
//
//nolint:gosec // names of messages, which "pass" and "auth" make look like passwords
const (
	MessageMerchantConfirmed      = "alipay.open.mini.merchant.confirmed"
	MessageFastRegisterChanged    = "alipay.open.mini.merchant.fastregister.changed"
	MessageVersionAuditPassed     = "alipay.open.mini.version.audit.passed"
	MessageVersionAuditRejected   = "alipay.open.mini.version.audit.rejected"
	MessageVersionBaseAuditPassed = "alipay.open.mini.version.baseaudit.passed"
	MessageAppAuthCancelled       = "alipay.open.auth.appauth.cancelled"
	MessageAppAuthCancel          = "alipay.open.auth.appauth.cancel" // as published messages spell the one above
	MessageOpenAppAuth            = "open_app_auth_notify"            // notify_type
)

// Names of messages that play no part in an order. They are verified and read
// like the others, and a service provider's own systems may want them.
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
	MessageTradeStatus          = "trade_status_sync"    // notify_type; flat, goes to notify_url
	MessageGatewayCheck         = "alipay.service.check" // service
)

// Names of form parameters that this package reads.
const (
	paramSign         = "sign"
	paramSignType     = "sign_type"
	paramAlipayCertSN = "alipay_cert_sn"
	paramAppID        = "app_id"
	paramCharset      = "charset"
	paramVersion      = "version"
	paramNotifyID     = "notify_id"
	paramMsgMethod    = "msg_method"
	paramNotifyType   = "notify_type"
	paramMethod       = "method"
	paramService      = "service"
	paramStatus       = "status"
	paramUTCTimestamp = "utc_timestamp"
	paramNotifyTime   = "notify_time"
	paramTimestamp    = "timestamp"
	paramEncryptType  = "encrypt_type"
	paramBizContent   = "biz_content"
)

// envelopeParams are the documented parameters of every message, whatever its
// layout; flatParams those in which trade notifications, return URLs and orders
// of the service market carry their content. A value that contains one of them
// as "&name=" is suspicious, see [form.resplit].
var (
	envelopeParams = names("alipay_cert_sn", "app_cert_sn", "app_id", "auth_app_id", "biz_content", "charset",
		"encrypt_type", "method", "msg_app_id", "msg_method", "msg_mshop_id", "msg_type", "msg_uid",
		"notify_id", "notify_time", "notify_type", "service", "sign", "sign_type", "status", "timestamp",
		"utc_timestamp", "version")

	flatParams = names("body", "buyer_id", "buyer_logon_id", "buyer_open_id", "buyer_pay_amount",
		"fund_bill_list", "gmt_close", "gmt_create", "gmt_payment", "gmt_refund", "invoice_amount",
		"out_biz_no", "out_trade_no", "passback_params", "point_amount", "receipt_amount", "refund_fee",
		"refund_status", "seller_email", "seller_id", "send_back_fee", "subject", "total_amount",
		"trade_no", "trade_status", "voucher_detail_list",
		"commodity_order_id", "contactor", "isv_ticket", "merchant_pid", "name", "order_item_num",
		"order_ticket", "order_time", "phone", "service_code", "title", "total_price")
)

// names makes a set.
func names(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, name := range list {
		set[name] = true
	}
	return set
}
