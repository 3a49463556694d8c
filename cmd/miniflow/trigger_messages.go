package main

import (
	"slices"
	"strings"

	"miniflow/alipay"
)

// sample is a message that trigger knows by heart.
type sample struct {
	name    string
	about   string
	content func(c cast) map[string]any
	flat    func(c cast) map[string]string // the fields of a message without biz_content
	params  map[string]string
	legacy  bool // the 1.0 layout, named by notify_type
}

// make makes the message for a cast.
func (s sample) make(c cast, changes map[string]any) push {
	p := push{AppID: c.AppID, MsgMethod: s.name, Params: map[string]string{}}
	if s.legacy {
		p.MsgMethod, p.NotifyType = "", s.name
	}
	for name, value := range s.params {
		p.Params[name] = value
	}
	if s.flat != nil {
		for name, value := range s.flat(c) {
			p.Params[name] = value
		}
	}
	if s.content != nil {
		content := s.content(c)
		for name, value := range changes {
			content[name] = value
		}
		p.BizContent = content
	}
	return p
}

// sampleNamed finds a message by its name, or by the end of it.
func sampleNamed(name string) (sample, bool) {
	var ending []sample
	for _, s := range samples {
		if s.name == name {
			return s, true
		}
		if strings.HasSuffix(s.name, "."+name) {
			ending = append(ending, s)
		}
	}
	if len(ending) == 1 {
		return ending[0], true
	}
	return sample{}, false
}

// mustSample is for the names that this file defines.
func mustSample(name string) sample {
	return samples[slices.IndexFunc(samples, func(s sample) bool { return s.name == name })]
}

// reasons are a reviewer's remarks as Alipay writes them.
func reasons(memo string) map[string]any {
	return map[string]any{"audit_images": []any{}, "memos": []any{map[string]any{"memo": memo, "memo_image_list": []any{}}}}
}

func version(c cast, more map[string]any) map[string]any {
	content := map[string]any{"mini_app_id": c.MiniAppID, "bundle_id": alipay.DefaultBundleID, "mini_app_version": c.AppVersion}
	for name, value := range more {
		content[name] = value
	}
	return content
}

// samples are the messages of Alipay's catalogue that have to do with mini
// programs and the payments beside them, with the fields that it documents.
var samples = []sample{
	{name: alipay.MessageMerchantConfirmed, about: "the merchant answered a formal creation", content: func(c cast) map[string]any {
		return map[string]any{"order_no": c.OrderNo, "out_order_no": c.OutOrderNo, "min_app_id": c.MiniAppID, "status": "AGREED", "pid": c.MerchantPID}
	}},
	{name: alipay.MessageFastRegisterChanged, about: "where a trial mini program stands", content: func(c cast) map[string]any {
		return map[string]any{"order_no": c.OrderNo, "out_order_no": c.OutOrderNo, "merchant_app_id": c.MiniAppID,
			"status": "CREATE_MINI_APP_SUCCESS", "app_name": "示例小店的试用小程序", "merchant_id": c.MerchantPID}
	}},
	{name: alipay.MessageVersionAuditPassed, about: "a version passed its audit", content: func(c cast) map[string]any { return version(c, nil) }},
	{name: alipay.MessageVersionAuditRejected, about: "a version was rejected", content: func(c cast) map[string]any {
		return version(c, map[string]any{"audit_reason": "小程序简介与实际服务不符", "base_audit": "REJECT", "promote_audit": "REJECT",
			"base_audit_reason": reasons("小程序简介与实际服务不符"), "promote_audit_reason": reasons("营销素材不符合要求")})
	}},
	{name: alipay.MessageVersionBaseAuditPassed, about: "a version is admitted and not promotable", content: func(c cast) map[string]any {
		return version(c, map[string]any{"audit_reason": "营销素材不符合要求", "base_audit": "PASS", "promote_audit": "REJECT",
			"promote_audit_reason": reasons("营销素材不符合要求")})
	}},
	{name: alipay.MessageOpenAppAuth, about: "the merchant authorised the app; brings the token", legacy: true,
		params: map[string]string{"status": "execute_auth"}, content: func(c cast) map[string]any {
			return map[string]any{
				"notify_context": map[string]any{"trigger": "appstore", "trigger_context": map[string]any{"out_biz_no": c.OutOrderNo}},
				"detail": map[string]any{"app_auth_token": c.token, "app_refresh_token": c.token + "R", "app_id": c.AppID,
					"auth_app_id": c.MiniAppID, "user_id": c.MerchantPID, "auth_time": c.at.UnixMilli(), "expires_in": 31536000, "re_expires_in": 32140800},
			}
		}},
	{name: alipay.MessageAppAuthCancelled, about: "the merchant revoked the authorisation", content: func(c cast) map[string]any {
		return map[string]any{"app_auth_token": c.token, "app_id": c.AppID, "auth_app_id": c.MiniAppID, "user_id": c.MerchantPID}
	}},
	{name: alipay.MessageAppAuthCancel, about: "the same under its older name", content: func(c cast) map[string]any {
		return map[string]any{"app_auth_token": c.token, "app_id": c.AppID, "auth_app_id": c.MiniAppID, "user_id": c.MerchantPID}
	}},
	{name: alipay.MessageAPIFieldChanged, about: "an application for user information was reviewed", content: func(c cast) map[string]any {
		return map[string]any{"app_id": c.MiniAppID, "api_name": "getPhoneNumber", "field_name": "mobile", "status": "AGREE"}
	}},
	{name: alipay.MessageUserAuthCancelled, about: "an end user withdrew an authorisation", content: func(c cast) map[string]any {
		return map[string]any{"user_id": "2088000000000009", "app_id": c.MiniAppID, "cancel_time": c.at.UnixMilli()}
	}},
	{name: alipay.MessageDepositBackCompleted, about: "a refund to a bank account is finished", content: func(c cast) map[string]any {
		return map[string]any{"trade_no": c.at.Format("20060102") + "22001400000000000000", "out_trade_no": c.OutOrderNo, "out_request_no": "1",
			"dback_status": "S", "dback_amount": "0.01", "bank_ack_time": "2026-11-21 20:00:01", "est_bank_receipt_time": "2026-11-22 20:00:01"}
	}},
	{name: alipay.MessageZFTPassed, about: "a sub-merchant was taken on", content: func(c cast) map[string]any {
		return map[string]any{"order_id": c.OrderNo, "external_id": c.OutOrderNo, "smid": c.MerchantPID, "card_alias_no": "000000", "memo": ""}
	}},
	{name: alipay.MessageZFTRejected, about: "a sub-merchant was refused", content: func(c cast) map[string]any {
		return map[string]any{"order_id": c.OrderNo, "external_id": c.OutOrderNo, "reason": "营业执照不清晰"}
	}},
	{name: alipay.MessageServiceMarketOrder, about: "a merchant ordered a template; flat, without biz_content", legacy: true, flat: func(c cast) map[string]string {
		return map[string]string{"method": "alipay.open.servicemarket.order.notify", "commodity_order_id": c.OrderNo, "order_ticket": c.token,
			"merchant_pid": c.MerchantPID, "service_code": "2021000000000777", "title": "示例模板", "name": "示例餐饮有限公司", "contactor": "示例联系人",
			"phone": "13800000000", "order_time": "2026-11-21 20:00:01", "order_item_num": "1", "total_price": "0.00", "timestamp": "2026-11-21 20:00:01"}
	}},
	{name: alipay.MessageOperationResult, about: "a binding or authorisation of the provider has a result", content: func(c cast) map[string]any {
		return map[string]any{"biz_id": c.OrderNo, "merchant_pid": c.MerchantPID, "status": "SUCCESS"}
	}},
	{name: alipay.MessageIntegrationSync, about: "where an integrated onboarding stands", content: func(c cast) map[string]any {
		return map[string]any{"inteop_order_no": c.OrderNo, "status": "MERCHANT_CONFIRMED", "sub_order_infos": []any{
			map[string]any{"type": "AUTH", "sub_order_no": c.OrderNo + "1", "sub_order_status": "MERCHANT_CONFIRMED", "reason": ""}}}
	}},
	{name: alipay.MessageTradeComplainChanged, about: "a complaint against the merchant changed", content: func(c cast) map[string]any {
		return map[string]any{"complain_event_id": c.OrderNo, "status": "MERCHANT_PROCESSING"}
	}},
}
