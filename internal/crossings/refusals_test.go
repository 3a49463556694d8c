package crossings

import (
	"strings"

	"miniflow/alipay/alipaysim"
)

// refusedWith returns a refusal that changes nothing.
func refusedWith(code, subCode string) alipaysim.Fault {
	return alipaysim.Fault{Kind: alipaysim.FaultError, Code: code, SubCode: subCode, SubMsg: "说明 " + subCode}
}

// everywhere returns refusals that any call can get, one of each class at least.
func everywhere() []alipaysim.Fault {
	return []alipaysim.Fault{
		refusedWith("20000", "isp.unknow-error"),
		refusedWith("20001", "aop.invalid-app-auth-token"),
		refusedWith("40002", "isv.invalid-parameter"),
		refusedWith("40004", "SYSTEM_ERROR"),
		refusedWith("40004", "INVALID_PARAMETER"),
		refusedWith("40004", "NEVER_HEARD_OF"),
		refusedWith("40005", "isv.method-call-limited"),
		refusedWith("40006", "isv.insufficient-isv-permissions"),
		refusedWith("40099", "SOME_NEW_KIND"),
	}
}

// particular returns refusals of one method, those that the order can handle and those of
// each class, by the end of the method's name.
func particular() map[string][]string {
	return map[string][]string{
		"isv.create":          {"APP_NAME_DUPLICATED", "ONGOING_ORDER_EXIST", "INFO_INVALID", "ORDER_FINISHED"},
		"fastregister.create": {"OPENCORE_APP_NAME_EXIST", "ONGOING_ORDER_EXIST", "ILLEGAL_PARAMS", "ORDER_FINISHED"},
		"isv.query":           {"INVALID_PARAMS", "PERMISSION_DENIED"},
		"fastregister.query":  {"ORDER_NOT_EXIST", "NO_PERMISSION"},
		"version.upload": {"CODE_TEMPLATE_NOT_SAFE", "LARGER_VERSION_HAS_EXISTED", "DEV_VERSION_EXCEED_MAX_COUNT", "VERSION_HAS_EXISTED",
			"CODE_TEMPLATE_NOT_EXIST", "INVALID_EXT_JSON", "NO_AUTH_RELATION", "BUILD_VERSION_COMPARE_ERROR"},
		"build.query":  {"POLLING_BUILDING_ERROR", "BUILD_VERSION_NOT_EXISTED", "NO_AUTH_RELATION"},
		"list.query":   {"NO_TEMPLATE_INSTANTIATE_RELATION"},
		"detail.query": {"MINIAPP_VERSION_NOT_EXSIT", "NO_AUTH_RELATION"},
		"audit.apply": {"CAN_NOT_SUBMIT_WITH_AUDIT", "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS", "EXIST_LARGER_ONLINED_VERSION", "HAS_NO_MODIFY_CNT",
			"CAN_NOT_MODIFY_NAME_ONCE_ONLINE", "INVALID_VERSION_DESC_LENGTH", "SUBMIT_REPEAT", "TINY_APP_AUDIT_NOT_PERMIT", "HAS_RISK"},
		"audit.cancel":   {"AUDITING_VERSION_NOT_EXIST", "INVALID_VERSION_STATUS", "AUDIT_CANCEL_NOT_ALLOWED"},
		"audited.cancel": {"CAN_NOT_BACK_DEV_WITHOUT_AUDIT", "MINIAPP_VERSION_NOT_EXSIT"},
		"version.online": {"CAN_NOT_ONLINE_WITHOUT_AUDIT", "CAN_NOT_ONLINE_WITHOUT_REGISTRATION", "MINI_APP_VERSION_ITERATION_EXIST",
			"CAN_NOT_ONLINE_NO_PROMOTE"},
		"token.app.query": {"AUTH_TOKEN_NOT_EXISTED", "ILLEGAL_PARAM"},
	}
}

// refusalsOf returns the refusals of a method.
func refusalsOf(method string) []alipaysim.Fault {
	all := everywhere()
	for end, codes := range particular() {
		if !strings.HasSuffix(method, end) {
			continue
		}
		for _, code := range codes {
			all = append(all, refusedWith("40004", code))
		}
	}
	return all
}
