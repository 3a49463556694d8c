package notify

import (
	"maps"
	"slices"
)

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

// envelopeParams are the documented parameters of every message, whatever its layout;
// flatParams those in which trade notifications, return URLs and orders of the service market
// carry their content. A value that contains one of them as "&name=" is suspicious, see
// [form.resplit].
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

func names(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, name := range list {
		set[name] = true
	}
	return set
}

// DocumentedParameters returns the form parameters that Alipay documents for notifications
// and return URLs, sorted. It is for explaining a message whose signature doesn't hold: any
// other parameter was likely added on the way. Verifying doesn't use it, since what is signed
// is genuine whatever its name.
func DocumentedParameters() []string {
	all := maps.Clone(envelopeParams)
	maps.Copy(all, flatParams)
	return slices.Sorted(maps.Keys(all))
}
