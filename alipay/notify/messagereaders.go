package notify

import (
	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// messageReaders maps the names of messages with a typed form to their readers. Any other
// name is an UnknownMessage and not an error, because Alipay adds messages.
var messageReaders = map[string]func(wire.Object) Message{
	alipay.MessageMerchantConfirmed:      readMerchantConfirmed,
	alipay.MessageFastRegisterChanged:    readFastRegisterChanged,
	alipay.MessageVersionAuditPassed:     readVersionAuditPassed,
	alipay.MessageVersionAuditRejected:   func(o wire.Object) Message { return &VersionAuditRejected{readVersionAudit(o)} },
	alipay.MessageVersionBaseAuditPassed: func(o wire.Object) Message { return &VersionBaseAuditPassed{readVersionAudit(o)} },
	alipay.MessageAppAuthCancelled:       readAppAuthCancelled,
	alipay.MessageAppAuthCancel:          readAppAuthCancelled,
	alipay.MessageOpenAppAuth:            readOpenAppAuth,
}

func readMerchantConfirmed(o wire.Object) Message {
	return &MerchantConfirmed{
		OrderNo:    o.Word("order_no"),
		OutOrderNo: o.Word("out_order_no"),
		MiniAppID:  o.Word("min_app_id"),
		Status:     alipay.MerchantStatus(o.Word("status")),
		PID:        o.Word("pid"),
	}
}

func readFastRegisterChanged(o wire.Object) Message {
	return &FastRegisterChanged{
		OrderNo:    o.Word("order_no"),
		OutOrderNo: o.Word("out_order_no"),
		MiniAppID:  o.Word("merchant_app_id"),
		Status:     alipay.ParseFastRegisterStatus(o.Word("status")),
		AppName:    o.Prose("app_name"),
		MerchantID: o.Word("merchant_id"),
	}
}

func readVersionAuditPassed(o wire.Object) Message {
	return &VersionAuditPassed{
		MiniAppID:      o.Word("mini_app_id"),
		BundleID:       o.BundleID(),
		MiniAppVersion: o.Word("mini_app_version"),
	}
}

func readVersionAudit(o wire.Object) VersionAudit {
	return VersionAudit{
		MiniAppID:          o.Word("mini_app_id"),
		BundleID:           o.BundleID(),
		MiniAppVersion:     o.Word("mini_app_version"),
		AuditReason:        o.Prose("audit_reason"),
		BaseAudit:          alipay.AuditResult(o.Word("base_audit")),
		PromoteAudit:       alipay.AuditResult(o.Word("promote_audit")),
		BaseAuditReason:    o.Reason("base_audit_reason"),
		PromoteAuditReason: o.Reason("promote_audit_reason"),
	}
}

func readAppAuthCancelled(o wire.Object) Message {
	return &AppAuthCancelled{
		AppAuthToken: o.Secret("app_auth_token"),
		AppID:        o.Word("app_id"),
		AuthAppID:    o.Word("auth_app_id"),
		UserID:       o.Word("user_id"),
	}
}

func readOpenAppAuth(o wire.Object) Message {
	origin, detail := o.Object("notify_context"), o.Object("detail")
	return &OpenAppAuthNotify{
		Trigger:         origin.Word("trigger"),
		OutBizNo:        origin.Object("trigger_context").Word("out_biz_no"),
		AppAuthToken:    detail.Secret("app_auth_token"),
		AppRefreshToken: detail.Secret("app_refresh_token"),
		AppAuthCode:     detail.Secret("app_auth_code"),
		AppID:           detail.Word("app_id"),
		AuthAppID:       detail.Word("auth_app_id"),
		UserID:          detail.Word("user_id"),
		AgentAppID:      detail.Word("agent_app_id"),
		AuthTime:        detail.Moment("auth_time"),
		ExpiresIn:       detail.Integer("expires_in"),
		ReExpiresIn:     detail.Integer("re_expires_in"),
	}
}
