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
		OrderNo:    o.text("order_no"),
		OutOrderNo: o.text("out_order_no"),
		MiniAppID:  o.text("min_app_id"),
		Status:     MerchantStatus(o.text("status")),
		PID:        o.text("pid"),
	}
}

func readFastRegisterChanged(o wireObject) Message {
	return &FastRegisterChanged{
		OrderNo:    o.text("order_no"),
		OutOrderNo: o.text("out_order_no"),
		MiniAppID:  o.text("merchant_app_id"),
		Status:     ParseFastRegisterStatus(o.text("status")),
		AppName:    o.text("app_name"),
		MerchantID: o.text("merchant_id"),
	}
}

func readVersionAuditPassed(o wireObject) Message {
	return &VersionAuditPassed{
		MiniAppID:      o.text("mini_app_id"),
		BundleID:       o.bundleID(),
		MiniAppVersion: o.text("mini_app_version"),
	}
}

func readVersionAudit(o wireObject) VersionAudit {
	return VersionAudit{
		MiniAppID:          o.text("mini_app_id"),
		BundleID:           o.bundleID(),
		MiniAppVersion:     o.text("mini_app_version"),
		AuditReason:        o.text("audit_reason"),
		BaseAudit:          AuditResult(o.text("base_audit")),
		PromoteAudit:       AuditResult(o.text("promote_audit")),
		BaseAuditReason:    o.reason("base_audit_reason"),
		PromoteAuditReason: o.reason("promote_audit_reason"),
	}
}

func readAppAuthCancelled(o wireObject) Message {
	return &AppAuthCancelled{
		AppAuthToken: o.secret("app_auth_token"),
		AppID:        o.text("app_id"),
		AuthAppID:    o.text("auth_app_id"),
		UserID:       o.text("user_id"),
	}
}

func readOpenAppAuth(o wireObject) Message {
	origin, detail := o.object("notify_context"), o.object("detail")
	return &OpenAppAuthNotify{
		Trigger:         origin.text("trigger"),
		OutBizNo:        origin.object("trigger_context").text("out_biz_no"),
		AppAuthToken:    detail.secret("app_auth_token"),
		AppRefreshToken: detail.secret("app_refresh_token"),
		AppAuthCode:     detail.secret("app_auth_code"),
		AppID:           detail.text("app_id"),
		AuthAppID:       detail.text("auth_app_id"),
		UserID:          detail.text("user_id"),
		AgentAppID:      detail.text("agent_app_id"),
		AuthTime:        detail.moment("auth_time"),
		ExpiresIn:       detail.integer("expires_in"),
		ReExpiresIn:     detail.integer("re_expires_in"),
	}
}

// bundleID gives the client, or the one that is meant where it is left out.
func (o wireObject) bundleID() string {
	if id := o.text("bundle_id"); id != "" {
		return id
	}
	return DefaultBundleID
}

// reason reads an audit reason in any of its forms.
func (o wireObject) reason(name string) AuditReason {
	var reason AuditReason
	if raw := o.member(name); raw != nil && reason.UnmarshalJSON(raw) != nil {
		o.fail(name, "an object with audit_images and memos")
	}
	return reason
}
