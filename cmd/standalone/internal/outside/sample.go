package outside

import "miniflow/order"

// Sample is an order that Alipay, simulated or not, takes without complaint, so that a test
// changes only what it is about. Its merchant is made up.
func Sample(appID, outOrderNo string, logo order.FileRef) map[string]any {
	return map[string]any{
		"app_id": appID, "out_order_no": outOrderNo, "kind": order.KindFormal,
		"create": map[string]any{
			"alipay_account": outOrderNo + "@example.com", "app_name": "示例小店" + outOrderNo, "cert_name": "示例餐饮有限公司",
			"cert_no": "91330000000000000X", "contact_name": "示例联系人", "contact_phone": "13800000000",
			"legal_personal_name": "示例法人",
		},
		"version":    map[string]any{"template_id": "2021000000009999", "template_version": "1.0.0"},
		"submission": SampleSubmission(logo),
	}
}

// SampleSubmission is the submission of a Sample, apart from it because a resubmission needs
// one alone.
func SampleSubmission(logo order.FileRef) map[string]any {
	return map[string]any{
		"version_desc": "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。",
		"region_type":  "CHINA", "audit_rule": "BASE_PROMOTE", "app_name": "示例小店", "app_english_name": "Sample Shop",
		"app_slogan": "好味道，在身边", "app_desc": "示例小店为顾客提供在线点餐、排队取号和会员积分服务。",
		"mini_category_ids": "XS1001_XS2001", "service_phone": "0571-00000000",
		"files": map[string]any{"app_logo": logo},
	}
}

// SampleSecrets are the values of a [Sample], and of the standalone's
// demonstration orders, that no history, log or page may show.
func SampleSecrets() []string {
	return []string{"13800000000", "91330000000000000X", "@example.com", "示例餐饮有限公司", "示例联系人", "示例法人"}
}
