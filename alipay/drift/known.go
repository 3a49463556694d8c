package drift

import (
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/notify"
)

// unread are the fields that Alipay documents for an answer or a message and that Miniflow has no use
// for. What it reads is not here: see [gateway.Answer] and notify's Unread.
var unread = map[string][]string{
	alipay.MethodTrialQuery: {"pid", "uid"},
	alipay.MethodVersionDetail: {
		"app_version", "bundle_id", "app_name", "app_english_name", "app_slogan", "app_desc", "app_logo", "service_phone", "service_email",
		"version_desc", "memo", "service_region_type", "service_region_info", "screen_shot_list", "mini_app_category_info_list",
		"mini_category_info_list", "package_info_list",
	},
	alipay.MethodBaseInfo: {
		"app_name", "app_english_name", "app_slogan", "app_desc", "app_logo", "category_names", "service_phone", "service_email", "safe_domains",
		"package_names",
	},
	alipay.MethodVersionList:      {"app_versions"},
	alipay.MethodToken:            {"app_auth_token", "app_refresh_token", "auth_app_id", "user_id", "expires_in", "re_expires_in"},
	alipay.MethodTokenQuery:       {"expires_in"},
	alipay.MessageAPIFieldChanged: {"user_app_id", "app_id", "api_name", "field_name", "package_code", "status", "reason"},
}

// ofTokens are the members of each of tokens that nobody reads: they are obsolete.
var ofTokens = []string{"tokens.expires_in", "tokens.re_expires_in"}

// parameters are those of a form.
var parameters = notify.DocumentedParameters()

// statuses maps a method or a message, and in it the path of a field, to what the values of the field
// may be.
var statuses = map[string]map[string]func(string) bool{
	alipay.MethodQuery:              {"status": among(alipay.MerchantStatuses())},
	alipay.MessageMerchantConfirmed: {"status": among(alipay.MerchantStatuses())},
	alipay.MethodTrialQuery:         {"status": registered},
	alipay.MessageFastRegisterChanged: {
		"status": registered,
	},
	alipay.MethodVersionDetail: {
		"status": among(gateway.VersionStatuses()), "scan_result": scanned, "base_audit": audited, "promote_audit": audited,
	},
	alipay.MethodVersionList: {
		"app_version_infos.version_status": among(gateway.VersionStatuses()),
		"app_version_infos.base_audit":     audited, "app_version_infos.promote_audit": audited,
	},
	alipay.MethodUpload:          built(),
	alipay.MethodBuildQuery:      built(),
	alipay.MethodExperienceQuery: {"status": among(gateway.ExperienceStates())},
	alipay.MethodTokenQuery:      {"status": among([]string{"valid", "invalid"})},

	alipay.MessageVersionAuditRejected:   {"base_audit": audited, "promote_audit": audited},
	alipay.MessageVersionBaseAuditPassed: {"base_audit": audited, "promote_audit": audited},
	// Two were published; the third is what the simulator says where nothing is published.
	alipay.MessageOpenAppAuth: {"notify_context.trigger": among([]string{"appstore", "mrchiscore", "isvcreate"})},
}

func built() map[string]func(string) bool {
	known := among(gateway.BuildStates())
	return map[string]func(string) bool{"build_status": known, "create_status": known}
}

func among[T ~string](known []T) func(string) bool {
	return func(value string) bool { return slices.Contains(known, T(value)) }
}

func audited(value string) bool {
	return value == string(alipay.AuditPass) || value == string(alipay.AuditReject)
}

// registered knows the older values too, which are parsed away.
func registered(value string) bool {
	return slices.Contains(alipay.FastRegisterStatuses(), alipay.ParseFastRegisterStatus(value))
}

func scanned(value string) bool {
	return slices.ContainsFunc(gateway.ScanResults(), func(known gateway.ScanResult) bool { return strings.EqualFold(value, string(known)) })
}

// legacyNames are those that come as notify_type or service.
var legacyNames = []string{alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder, alipay.MessageTradeStatus, alipay.MessageGatewayCheck}

func knownMessage(name string) bool {
	return slices.Contains(alipay.MessageNames(), name) || slices.Contains(legacyNames, name)
}
