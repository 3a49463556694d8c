package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// demonstration is one order that shows one way to an end. Together they meet what a developer
// would wait weeks for.
type demonstration struct {
	no   string
	kind order.Kind
	end  order.Stage
	// rule is what merchant and reviewers do, so the end doesn't depend on chance.
	rule alipaysim.Rule
}

// Rules are written in minutes of life, as a person would give them; --speed divides them.
func minutes(n float64) alipaysim.Duration {
	return alipaysim.Duration(n * float64(time.Minute))
}

// Its reason can be answered by other words, as answerAsISV does.
var rejection = alipaysim.AuditRule{
	Result: "reject", After: minutes(12),
	Reasons: []alipaysim.Reason{{Memo: "小程序简介与实际服务不符，请补充门店的营业内容"}},
}

// Their rules are shorter than life, so that all of them end while a person still looks on.
func demonstrations() []demonstration {
	passed := []alipaysim.AuditRule{{Result: "pass", After: minutes(12)}}
	return []demonstration{
		{no: "demo-online", kind: order.KindFormal, end: order.StageOnline, rule: alipaysim.Rule{Audits: passed}},
		{no: "demo-rejected-online", kind: order.KindFormal, end: order.StageOnline, rule: alipaysim.Rule{
			Audits: []alipaysim.AuditRule{rejection, passed[0]},
		}},
		{no: "demo-base-passed", kind: order.KindFormal, end: order.StageOnline, rule: alipaysim.Rule{
			Audits: []alipaysim.AuditRule{{Result: "base_pass", After: minutes(12), Reasons: []alipaysim.Reason{{Memo: "营销素材不符合要求，暂不可营销"}}}},
		}},
		{no: "demo-revoked-online", kind: order.KindFormal, end: order.StageOnline, rule: alipaysim.Rule{
			Audits: passed,
			Revoke: &alipaysim.RevokeRule{On: "auditing", After: minutes(4), ReauthorizeAfter: minutes(12)},
		}},
		{no: "demo-trial", kind: order.KindTrial, end: order.StageOnline, rule: alipaysim.Rule{
			Audits: passed, AuditNeedsCertification: true, Certify: []alipaysim.CertifyStep{
				{Status: alipaysim.CertifyOperator, After: minutes(6)}, {Status: alipaysim.CertifyMerchant, After: minutes(4)},
				{Status: alipaysim.CertifySuccess, After: minutes(4)},
			},
		}},
		{no: "demo-merchant-rejected", kind: order.KindFormal, end: order.StageMerchantRejected, rule: alipaysim.Rule{
			Merchant: &alipaysim.MerchantRule{Answer: "REJECTED", After: minutes(8)},
		}},
		{no: "demo-timed-out", kind: order.KindFormal, end: order.StageConfirmTimedOut, rule: alipaysim.Rule{
			Merchant: &alipaysim.MerchantRule{Answer: "TIMEOUT", After: minutes(20)},
		}},
	}
}

// Rules are by number, so that an order which a developer starts beside them meets the
// defaults.
func demoRules() alipaysim.Rules {
	rules := alipaysim.Rules{}
	for _, demo := range demonstrations() {
		rule := demo.rule
		rule.OutOrderNo = demo.no
		rules.Rules = append(rules.Rules, rule)
	}
	return rules
}

// body is the order as the ISV's backend would send it, with people's data in it: what becomes
// of that can be looked for in histories and logs.
func (d demonstration) body(logo order.FileRef) map[string]any {
	body := map[string]any{
		"app_id": appID, "out_order_no": d.no, "kind": d.kind, "merchant_ref": "demo", "shop_name": "示例小店",
		"version":    map[string]any{"template_id": "2021000000009999", "template_version": "1.0.0"},
		"submission": submission(logo),
	}
	if d.kind == order.KindTrial {
		body["create"] = map[string]any{
			"uid": "2088000000000001", "app_name": "示例小店", "auth_notify_url": "https://isv.example/authorized",
		}
		return body
	}
	body["create"] = map[string]any{
		"alipay_account": d.no + "@example.com", "app_name": "示例小店" + d.no, "cert_name": "示例餐饮有限公司",
		"cert_no": "91330000000000000X", "contact_name": "示例联系人", "contact_phone": "13800000000",
		"legal_personal_name": "示例法人",
	}
	return body
}

// submission is a version's submission as Alipay's form wants it. audit_rule BASE_PROMOTE is what
// makes an admission without promotion possible.
func submission(logo order.FileRef) map[string]any {
	return map[string]any{
		"version_desc": "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。",
		"region_type":  "CHINA", "audit_rule": "BASE_PROMOTE", "app_name": "示例小店", "app_english_name": "Sample Shop",
		"app_slogan": "好味道，在身边", "app_desc": "示例小店为顾客提供在线点餐、排队取号和会员积分服务。",
		"mini_category_ids": "XS1001_XS2001", "service_phone": "0571-00000000",
		"files": map[string]any{"app_logo": logo},
	}
}

// demonstrate starts the seven orders, plays the ISV's part in them, and shows
// them on the terminal until each has ended. Every step can be repeated, so a
// restart goes on by itself.
func demonstrate(ctx context.Context, api *caller, where addresses, screen *table) error {
	const logoPath = "/sim/v1/files/logo.png"
	logo, err := api.reference(ctx, where.Simulator+logoPath)
	if err != nil {
		return err
	}
	logo.URL = "http://localhost" + logoPath // see fileHost: no address of this start
	// One after the other, and each again until it is taken: the API may be a moment behind.
	for _, demo := range demonstrations() {
		if err := everySoOften(ctx, 200*time.Millisecond, func() (bool, error) {
			return demo.start(ctx, api, logo)
		}); err != nil {
			return err
		}
	}
	return everySoOften(ctx, 250*time.Millisecond, func() (bool, error) {
		views := make([]order.View, 0, len(demonstrations()))
		running := false
		for _, demo := range demonstrations() {
			view, err := api.order(ctx, demo.no)
			if err != nil {
				return false, nil // a question that failed is asked again
			}
			running = running || view.FinishedAt == nil
			views = append(views, view)
		}
		err := screen.show(views, !running)
		for _, view := range views { // what a person answers has been seen before
			// The next look tries what failed again, so no error is kept.
			answerAsISV(ctx, api, view, logo)
		}
		return !running, err
	})
}

// start starts the order, or finds that it was started before. One that another version of this
// program started with other content is refused as a conflict, and followed as it is.
func (d demonstration) start(ctx context.Context, api *caller, logo order.FileRef) (done bool, err error) {
	err = api.call(ctx, http.MethodPost, "/v1/orders", d.body(logo), nil)
	// A refusal is the API's last word; anything else is asked again.
	if !remote.Refused(err) {
		return err == nil, nil
	}
	if _, unknown := api.order(ctx, d.no); unknown == nil {
		return true, nil
	}
	return false, err
}

// answerAsISV does what the ISV's backend does about a rejection, where it corrects the
// description, and about an admission without promotion, which it puts online as it is.
func answerAsISV(ctx context.Context, api *caller, view order.View, logo order.FileRef) {
	path := "/v1/orders/" + appID + "/" + url.PathEscape(view.OutOrderNo) + "/"
	switch {
	case view.Stage == order.StageBasePassed:
		_ = api.call(ctx, http.MethodPost, path+string(order.CommandDecideBasePass), map[string]any{"decision": order.BasePassGoOnline}, nil)
		return
	case view.Stage != order.StageAuditRejected || len(view.Audits) != 1:
		return
	}
	corrected := submission(logo)
	corrected["app_desc"] = "示例小店是一家社区餐厅，提供堂食与外带，营业时间为每日九点至二十一点。"
	// Refused or failed: the next look tries again, as long as the order is rejected.
	_ = api.call(ctx, http.MethodPost, path+string(order.CommandResubmit), map[string]any{"submission": corrected}, nil)
}
