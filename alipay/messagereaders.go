package alipay

// messageReaders read the content of each message that has a typed form.
var messageReaders = map[string]func(wireObject) Message{
	MessageMerchantConfirmed:      readMerchantConfirmed,
	MessageFastRegisterChanged:    readFastRegisterChanged,
	MessageVersionAuditPassed:     readVersionAuditPassed,
	MessageVersionAuditRejected:   func(o wireObject) Message { return &VersionAuditRejected{readVersionAudit(o)} },
	MessageVersionBaseAuditPassed: func(o wireObject) Message { return &VersionBaseAuditPassed{readVersionAudit(o)} },
	MessageAppAuthCancelled:       readAppAuthCancelled,
	MessageAppAuthCancel:          readAppAuthCancelled,
	MessageOpenAppAuth:            readOpenAppAuth,
}

func readMerchantConfirmed(o wireObject) Message {
	return &MerchantConfirmed{
		OrderNo:    o.word("order_no"),
		OutOrderNo: o.word("out_order_no"),
		MiniAppID:  o.word("min_app_id"),
		Status:     MerchantStatus(o.word("status")),
		PID:        o.word("pid"),
	}
}

func readFastRegisterChanged(o wireObject) Message {
	return &FastRegisterChanged{
		OrderNo:    o.word("order_no"),
		OutOrderNo: o.word("out_order_no"),
		MiniAppID:  o.word("merchant_app_id"),
		Status:     ParseFastRegisterStatus(o.word("status")),
		AppName:    o.prose("app_name"),
		MerchantID: o.word("merchant_id"),
	}
}

func readVersionAuditPassed(o wireObject) Message {
	return &VersionAuditPassed{
		MiniAppID:      o.word("mini_app_id"),
		BundleID:       o.bundleID(),
		MiniAppVersion: o.word("mini_app_version"),
	}
}

func readVersionAudit(o wireObject) VersionAudit {
	return VersionAudit{
		MiniAppID:          o.word("mini_app_id"),
		BundleID:           o.bundleID(),
		MiniAppVersion:     o.word("mini_app_version"),
		AuditReason:        o.prose("audit_reason"),
		BaseAudit:          AuditResult(o.word("base_audit")),
		PromoteAudit:       AuditResult(o.word("promote_audit")),
		BaseAuditReason:    o.reason("base_audit_reason"),
		PromoteAuditReason: o.reason("promote_audit_reason"),
	}
}

func readAppAuthCancelled(o wireObject) Message {
	return &AppAuthCancelled{
		AppAuthToken: o.secret("app_auth_token"),
		AppID:        o.word("app_id"),
		AuthAppID:    o.word("auth_app_id"),
		UserID:       o.word("user_id"),
	}
}

func readOpenAppAuth(o wireObject) Message {
	origin, detail := o.object("notify_context"), o.object("detail")
	return &OpenAppAuthNotify{
		Trigger:         origin.word("trigger"),
		OutBizNo:        origin.object("trigger_context").word("out_biz_no"),
		AppAuthToken:    detail.secret("app_auth_token"),
		AppRefreshToken: detail.secret("app_refresh_token"),
		AppAuthCode:     detail.secret("app_auth_code"),
		AppID:           detail.word("app_id"),
		AuthAppID:       detail.word("auth_app_id"),
		UserID:          detail.word("user_id"),
		AgentAppID:      detail.word("agent_app_id"),
		AuthTime:        detail.moment("auth_time"),
		ExpiresIn:       detail.integer("expires_in"),
		ReExpiresIn:     detail.integer("re_expires_in"),
	}
}
