package codes

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
)

// listedCodes is Alipay's catalogue, transcribed a second time, class by class: what the
// tables must contain for each code of each method. A line is a class and its codes.
var listedCodes = map[string]string{
	alipay.MethodNameCheck: `
		fix INVALID_PARAMETER
		retry SYSTEM_LIMIT SYSTEM_ERROR`,
	alipay.MethodCreate: `
		retry SYSTEM_ERROR RPC_INVOKE_ERROR EXTERNAL_SYSTEM_ERROR RATE_LIMITING_RISK
		wait ONGOING_ORDER_EXIST DAILY_REJECT_EXCEEDS
		query ORDER_FINISHED OPERATION_INVALID
		fix NOT_UNIQUE APP_NAME_DUPLICATED INVALID_MINI_APP_NAME_LENGTH APP_NAME_LENGTH_LIMIT BRAND_TORT CERTIFICATE_INVALID LEGAL_PERSON_INFO_INVALID LEGAL_PERSON_NAME_NOT_MATCH CERT_NO_NOT_MATCH INFO_INVALID NEED_UPGRADE_INDIVIDUAL
		permanent PROVIDER_ROLE_INVALID PERMISSION_DENIED REJECT_COUNTS_EXCEEDS HAS_RISK`,
	alipay.MethodQuery: `
		fix INVALID_PARAMS
		permanent PERMISSION_DENIED
		retry SYSTEM_ERROR`,
	alipay.MethodTrialCreate: `
		fix INVALID_MINI_APP_NAME_LENGTH OPENCORE_APP_NAME_EXIST ILLEGAL_PARAMS
		retry PRECREATE_MINI_ERROR OPENID_QUERY_ERROR SYSTEM_ERROR
		permanent PROVIDER_ROLE_INVALID`,
	alipay.MethodTrialQuery: `
		permanent NO_PERMISSION ORDER_TYPE_NOT_MATCH
		query ORDER_NOT_EXIST
		fix ILLEGAL_PARAMS
		retry SYSTEM_ERROR`,
	alipay.MethodCertify: `
		permanent NOT_PRIVATE PRIVATE_NOT_CERTIFY USER_NOT_EXIST
		query DUPLICATED_CERTIFY BIZ_ERROR`,
	alipay.MethodBaseInfoModify: `
		permanent CANNOT_MODIFY_NAME_AFTER_ONLINE RISK_DECISION_HIT_BROAD
		wait CAN_NOT_MODIFY_BASE_INFO MINI_APP_INFO_AUDIT_CONTAINS CANNOT_MODIFY_CATEGORY_WITH_RELATION_VERSION OP_FREQUENCY_LIMIT
		fix PRIVATE_NOT_ALLOW_CATEGORY NOT_ALLOW_BETA_CATEGORY MINI_APP_NAME_SENSITIVE MINI_APP_EN_NAME_DUPLICATE INVALID_MINI_APP_DESC SLOGAN_IS_BLANK LOGO_SIZE_EXCEED RISK_DECISION_CHECK_FAIL RISK_DECISION_HIT_BRAND`,
	alipay.MethodFieldApply: `query AUTH_API_APPLY_IS_PASS AUTH_API_FIELD_IS_AUDITING`,
	alipay.MethodMembersCreate: `
		query EXPERIENCER_ALREADY_EXIST DEVELOPER_ALREADY_EXSIT
		permanent EXPERIENCER_ALREADY_REFUSED DEVELOPER_ALREADY_REFUSED ROLE_OVER_LIMIT`,
	alipay.MethodUpload: `
		query SYSTEM_ERROR UPDATE_PLUGIN_SERVICE_FAIL BUILD_VERSION_COMPARE_ERROR VERSION_HAS_EXISTED
		fix LARGER_VERSION_HAS_EXISTED INVALID_VERSION APP_VERSION_IS_BLANK VERSION_EXCEEDED_LENGTH TEMPLATE_ID_IS_BLANK INVALID_EXT_JSON TEMPLATE_EXTRA_INFO_INVALID DEV_VERSION_EXCEED_MAX_COUNT
		wait CODE_TEMPLATE_NOT_SAFE
		permanent CODE_TEMPLATE_NOT_EXIST CODE_TEMPLATE_DELETED TEMPLATE_NOT_ONLINE_OR_OFFLINE TEMPLATE_STATUS_CAN_NOT_BUILD TEMPLATE_STATUS_PUNISHED TEMPLATE_ID_ISVAPPID_NOT_MATCH TEMPLATE_MINIAPP_NOT_ALLOWED ISV_APP_ID_IS_BLANK APPLICATION_TYPE_NOT_MINIAPP APP_TYPE_ERROR APP_INFO_NOT_EXIST BUNDLE_ID_NOT_EXIST MINI_APP_PACKAGE_INFO_NOT_EXIST
		authorization NO_AUTH_RELATION APP_TO_APP_AUTH_FAIL`,
	alipay.MethodBuildQuery: `
		query BUILD_VERSION_NOT_EXISTED POLLING_BUILD_VERSION_NOT_EXIST
		fix POLLING_BUILDING_ERROR
		permanent NO_TEMPLATE_INSTANTIATE_RELATION
		authorization NO_AUTH_RELATION`,
	alipay.MethodVersionDetail: `
		query MINIAPP_VERSION_NOT_EXSIT MINI_APP_VERSION_NOT_EXIST MINI_APP_PACKAGE_INFO_NOT_EXIST
		permanent VERSION_IS_BLANK`,
	alipay.MethodExperienceCreate: `
		wait CAN_NOT_SET_WITHOUT_SCAN_PASS
		query CAN_NOT_SET_EXP_REPEAT
		permanent CAN_NOT_SET_EXP_INVALID_STATUS CAN_NOT_SET_EXP_WITH_ONLINED_STATUS`,
	alipay.MethodAuditApply: `
		wait CAN_NOT_SUBMIT_WITH_AUDIT CAN_NOT_SUBMIT_WITH_AUDIT_GRAY CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS MINI_APP_INFO_AUDIT_CONTAINS MINI_APP_VERSION_ITERATION_EXIST BRAND_TORT_NOT_END SYSTEM_LIMIT
		query SUBMIT_REPEAT CAN_NOT_SUBMIT_WITHOUT_INIT SYSTEM_ERROR MINIAPP_VERSION_NOT_EXSIT MINI_APP_PACKAGE_INFO_NOT_EXIST
		fix APP_NAME_IS_BLANK INVALID_MINI_APP_NAME_LENGTH INVALID_MINI_APP_NAME INVALID_MINI_APP_NAME_PREFIX MINI_APP_NAME_DUPLICATE MINI_VERSION_NAME_DUPLICATE ENGLISH_NAME_IS_BLANK INVALID_MINI_APP_EN_NAME INVALID_MINI_APP_EN_NAME_LENGTH MINI_APP_EN_NAME_DUPLICATE SLOGAN_IS_BLANK INVALID_MINI_APP_SLOGAN INVALID_MINI_APP_SLOGAN_LENGTH APP_DESC_IS_BLANK INVALID_MINI_APP_DESC INVALID_MINI_APP_DESC_LENGTH VERSION_DESC_IS_BLANK INVALID_VERSION_DESC_LENGTH INVALID_MINI_APP_VERSION_DESC INVALID_MINI_APP_MEMO_LENGTH SERVICE_TEL_AND_MAIL_BOTH_BLANK SERVICE_TEL_IS_BLANK INVALID_MINI_APP_SERVICE_TEL INVALID_MINI_APP_SERVICE_MAIL MINI_APP_NAME_SENSITIVE MINI_APP_EN_NAME_SENSITIVE MINI_APP_SLOGAN_SENSITIVE MINI_APP_MEMO_SENSITIVE MINI_APP_DESC_SENSITIVE MINI_APP_SERVICE_MAIL_SENSITIVE MINI_APP_VERSION_DESC_SENSITIVE APP_VERSION_IS_BLANK INVALID_TEST_PWD_LENGTH INVALID_TEST_ACCOUNT_LENGTH INVALIID_MEMO_TRADENO MEMO_TRADENO_CHECK_FAIL
		fix CATEGORY_IS_BLANK CATEGORY_NUM_IS_INVALID INVALID_CATEGORY PRIVATE_NOT_ALLOW_CATEGORY REGION_TYPE_IS_BLANK REGION_TYPE_IS_INVALID REGION_CODE_IS_BLANK REGION_CODE_IS_INVALID INVALID_REGION LICENSE_NO_IS_BLANK LICENSE_NAME_IS_BLANK LICENSE_VALID_DATE_IS_BLANK LICENSE_VALID_DATE_IS_INVALID LICENSE_PICS_ARE_BLANK LICENSE_PIC_NUM_IS_INVALID LICENSE_CHECK_FAIL OUT_DOOR_PIC_IS_BLANK SPECIAL_LICENSE_PICS_ARE_BLANK INVALID_SPECIAL_LICENSE_NUM
		fix LOGO_IS_BLANK DEFAULT_LOGO INVALID_LOGO INVALID_LOGO_EXT LOGO_EXCEED_MAX_SIZE LOGO_SIZE_EXCEED LOGO_HEIGHT_NOT_EQUAL_WIDTH SCREEN_SHOTS_ARE_BLANK SCREEN_SHOT_NUM_IS_INVALID INVALID_SCREEN_SHOT_EXT SCREEN_SHOT_EXCEED_MAX_SIZE FILE_IS_BLANK INVALID_FILE_EXT FILE_SIZE_EXCEED
		fix CAN_NOT_MODIFY_NAME_ONCE_ONLINE CAN_NOT_MODIFY_EN_ONCE_ONLINE MODIFY_SLOGAN_EXCEED_COUNT MODIFY_CATEGORY_ID_EXCEED_COUNT MODIFY_DESC_EXCEED_COUNT HAS_NO_MODIFY_CNT EXIST_LARGER_ONLINED_VERSION
		permanent INVALID_MINI_APP_SAFE_DOMAIN CAN_NOT_SUBMIT_WITH_ALI_CLOUD APPLICATION_TYPE_NOT_MINIAPP SUB_APPLICATION_TYPE_ERROR BUNDLE_ID_NOT_EXIST APP_INFO_NOT_EXIST USER_NOT_EXIST DEVELOPER_INFO_NOT_EXIST RISK_DECISION_CHECK_FAIL RISK_DECISION_HIT_BRAND RISK_DECISION_HIT_BROAD TINY_APP_AUDIT_NOT_PERMIT MINI_APP_RESTRICTED_AUDIT_CONTROL`,
	alipay.MethodAuditCancel: `
		query AUDITING_VERSION_NOT_EXIST INVALID_VERSION_STATUS TINYAPP_STATUS_INVALID SYSTEM_ERROR
		retry MULTI_CLIENT_NOT_PACKAGED_STATUS APPSTORE_RPC_INVOKE_ERROR`,
	alipay.MethodAuditedCancel: `query CAN_NOT_BACK_DEV_WITHOUT_AUDIT`,
	alipay.MethodVersionList:   `permanent NO_TEMPLATE_INSTANTIATE_RELATION PAGE_SIZE_LESS_ZERO`,
	alipay.MethodOnline: `
		query CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE CAN_NOT_ONLINE_WITHOUT_AUDIT CAN_NOT_ONLINE_WITHOUT_GRAY MINI_APP_VERSION_NOT_EXIST
		wait CAN_NOT_ONLINE_WITHOUT_REGISTRATION MINI_APP_VERSION_ITERATION_EXIST
		permanent CAN_NOT_ONLINE_NO_PROMOTE MERCHANT_NOT_EXESIT`,
	alipay.MethodGrayOnline: `
		fix GRAY_STRATEGY_NOT_ALLOW_REDUCE
		query CAN_NOT_GRAY_WITHOUT_AUDIT_PASS CAN_NOT_GRAY_WITHOUT_INNER_PASS
		permanent CAN_NOT_GRAY_WITH_RISK_VERSION MINI_APP_NOT_ONLINE
		retry EXECUTE_GRAY_FAILED CREATE_GRAY_RULE_ERROR`,
	alipay.MethodGrayCancel: `
		query CAN_NOT_END_GRAY_WITHOUT_GRAY
		permanent CAN_NOT_CANCEL_GRAY_WITH_DIFF_DW`,
	alipay.MethodOffline: `
		query CAN_NOT_OFFLINE_WITHOUT_ONLINE
		wait CAN_NOT_OFFLINE_WITH_GRAY`,
	alipay.MethodRollback: `
		permanent CAN_NOT_CONTINUOUS_ROLLBACK CAN_NOT_ROLLBACK_WITHOUT_OFFLINE CAN_NOT_ROLLBACK_PUNISH
		wait CAN_NOT_ROLLBACK_WITH_GRAY
		query CAN_NOT_ROLLBACK_WITHOUT_ONLINE`,
	alipay.MethodVersionDelete: `
		query CAN_NOT_DELETE_WITHOUT_DEV
		wait CAN_NOT_DELETE_WITH_SCANNING CAN_NOT_DELETE_WITH_EXPERIENCE
		permanent CAN_NOT_DELETE_WITH_INSTANTIATE`,
	alipay.MethodToken: `
		permanent APP_NOT_ISV GRANT_TYPE_INVALID APP_ID_NOT_CONSISTENT
		authorization AUTH_CODE_NOT_EXIST AUTH_CODE_NOT_VALID AUTH_TOKEN_NOT_FOUND REFRESH_TOKEN_NOT_VALID REFRESH_TOKEN_NOT_EXIST REFRESH_TOKEN_TIME_OUT
		retry SYSTEM_ERROR`,
	alipay.MethodTokenQuery: `
		authorization AUTH_TOKEN_NOT_EXISTED AUTH_TOKEN_NOT_CONSISTENT
		permanent APP_NOT_ISV
		fix ILLEGAL_PARAM
		retry SYSTEM_ERROR`,
}

// gatewayListed are the gateway's own codes: top-level code, class, sub codes.
const gatewayListed = `
	20000 unknown isp.unknow-error aop.unknow-error
	20001 authorization aop.invalid-auth-token aop.auth-token-time-out aop.invalid-app-auth-token aop.invalid-app-auth-token-no-api aop.app-auth-token-time-out aop.no-product-reg-by-partner
	40001 permanent isv.missing-method isv.missing-signature isv.missing-app-id isv.missing-timestamp
	40002 fix isv.invalid-parameter
	40002 permanent isv.invalid-signature isv.invalid-app-id isv.invalid-method isv.invalid-charset isv.suspected-attack isv.forbidden-api isv.app-cert-expired isv.not-online-app isv.not-support-app-auth isv.decryption-error-not-valid-encrypt-type isv.decryption-error-not-valid-encrypt-key isv.decryption-error-unknown
	40002 retry isv.upload-fail isv.invalid-timestamp
	40002 authorization isv.code-invalid
	40003 permanent isv.missing-signature-config
	40003 authorization isv.invalid-auth-relations
	40005 retry isv.app-call-limited isv.method-call-limited
	40006 permanent isv.insufficient-isv-permissions isv.self-invoke-forbidden isv.illegal-client-ip isv.app-api-punished
	40006 authorization isv.insufficient-user-permissions`

func TestEveryListedCodeHasItsClass(t *testing.T) {
	checked := 0
	for method, lines := range listedCodes {
		for line := range strings.Lines(strings.TrimSpace(lines)) {
			words := strings.Fields(line)
			for _, code := range words[1:] {
				got := Classify(method, "40004", code, "")
				if string(got.Class) != words[0] || got.Unlisted || got.Advice == "" {
					t.Errorf("%s %s: %+v, want class %s, listed, with advice", method, code, got, words[0])
				}
				checked++
			}
		}
	}
	for line := range strings.Lines(strings.TrimSpace(gatewayListed)) {
		words := strings.Fields(line)
		for _, code := range words[2:] {
			if got := Classify(alipay.MethodOnline, words[0], code, ""); string(got.Class) != words[1] || got.Unlisted {
				t.Errorf("%s %s: %+v, want class %s, listed", words[0], code, got, words[1])
			}
			checked++
		}
	}
	if checked != 299 {
		t.Errorf("%d codes were checked, want 299: a table or this list has lost some", checked)
	}
}

// The tables contain nothing that the list lacks, so a code can't be added without stating
// its class twice.
func TestTheTablesHoldNothingElse(t *testing.T) {
	shared := []*codeTable{&textFieldCodes, &categoryCodes, &logoCodes, &fileCodes}
	for method := range listedCodes {
		listed := strings.Fields(listedCodes[method])
		for _, table := range methodTables(method) {
			if method == alipay.MethodBaseInfoModify && slices.ContainsFunc(shared, func(s *codeTable) bool { return maps.EqualFunc(*s, table, sameMeaning) }) {
				continue // listed completely under audit.apply
			}
			for code := range table {
				if !slices.Contains(listed, code) {
					t.Errorf("%s: %s stands in a table and not in the list", method, code)
				}
			}
		}
	}
	for code := range gatewayCodes {
		if !slices.Contains(strings.Fields(gatewayListed), code) {
			t.Errorf("%s stands in the gateway's table and not in the list", code)
		}
	}
}

func sameMeaning(a, b Meaning) bool { return a.Class == b.Class && a.Advice == b.Advice }

func TestWhatARefusalConcerns(t *testing.T) {
	for _, test := range []struct {
		method, code string
		fields       string
		fix          AutoFix
	}{
		{alipay.MethodAuditApply, "LOGO_IS_BLANK", "app_logo", AutoFixNone},
		{alipay.MethodAuditApply, "SERVICE_TEL_AND_MAIL_BOTH_BLANK", "service_phone service_email", AutoFixNone},
		{alipay.MethodAuditApply, "INVALID_TEST_ACCOUNT_LENGTH", "test_accout", AutoFixNone},
		{alipay.MethodAuditApply, "MODIFY_SLOGAN_EXCEED_COUNT", "app_slogan", AutoFixDropFields},
		{alipay.MethodAuditApply, "CAN_NOT_MODIFY_NAME_ONCE_ONLINE", "app_name", AutoFixDropFields},
		{alipay.MethodAuditApply, "HAS_NO_MODIFY_CNT", "app_slogan mini_category_ids app_desc", AutoFixDropFields},
		{alipay.MethodAuditApply, "EXIST_LARGER_ONLINED_VERSION", "app_version", AutoFixNewVersion},
		{alipay.MethodUpload, "LARGER_VERSION_HAS_EXISTED", "app_version", AutoFixHigherVersion},
		{alipay.MethodUpload, "DEV_VERSION_EXCEED_MAX_COUNT", "", AutoFixDeleteOldVersions},
		{alipay.MethodCreate, "NEED_UPGRADE_INDIVIDUAL", "is_individual license_pic", AutoFixNone},
		{alipay.MethodOnline, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION", "permit_registration_limit_release", AutoFixNone},
	} {
		got := Classify(test.method, "40004", test.code, "")
		if strings.Join(got.Fields, " ") != test.fields || got.AutoFix != test.fix {
			t.Errorf("%s: fields %v, fix %q; want %q, %q", test.code, got.Fields, got.AutoFix, test.fields, test.fix)
		}
	}
}

func TestTheTablesCanNotBeChangedFromOutside(t *testing.T) {
	Classify(alipay.MethodAuditApply, "40004", "LOGO_IS_BLANK", "").Fields[0] = "changed"
	if got := Classify(alipay.MethodAuditApply, "40004", "LOGO_IS_BLANK", ""); got.Fields[0] != "app_logo" {
		t.Errorf("a caller changed the table: it says %q now", got.Fields[0])
	}
}

// A code asks for every correction that needs no person, and every drop names its fields.
func TestEveryAutoFixIsUsed(t *testing.T) {
	used := map[AutoFix]bool{}
	for method := range listedCodes {
		for _, table := range methodTables(method) {
			for code, meaning := range table {
				used[meaning.AutoFix] = true
				if meaning.AutoFix == AutoFixDropFields && len(meaning.Fields) == 0 {
					t.Errorf("%s drops nothing", code)
				}
			}
		}
	}
	for _, fix := range AutoFixes() {
		if !used[fix] {
			t.Errorf("no code asks for %q", fix)
		}
	}
}

func TestOneCodeMeansOtherThingsElsewhere(t *testing.T) {
	for _, test := range []struct {
		code, method string
		want         Class
	}{
		{"MINI_APP_PACKAGE_INFO_NOT_EXIST", alipay.MethodUpload, ClassPermanent},
		{"MINI_APP_PACKAGE_INFO_NOT_EXIST", alipay.MethodAuditApply, ClassQuery},
		{"MINI_APP_PACKAGE_INFO_NOT_EXIST", alipay.MethodVersionDetail, ClassQuery},
		{"SYSTEM_ERROR", alipay.MethodCreate, ClassRetry},
		{"SYSTEM_ERROR", alipay.MethodOnline, ClassQuery},
		{"SYSTEM_ERROR", alipay.MethodVersionDetail, ClassRetry},
		{"RISK_DECISION_CHECK_FAIL", alipay.MethodAuditApply, ClassPermanent},
		{"RISK_DECISION_CHECK_FAIL", alipay.MethodBaseInfoModify, ClassFix},
	} {
		if got := Classify(test.method, "40004", test.code, ""); got.Class != test.want {
			t.Errorf("%s at %s: %s, want %s", test.code, test.method, got.Class, test.want)
		}
	}
}

func TestUnknownSubCodeIsUnwrapped(t *testing.T) {
	for _, test := range []struct{ message, want string }{
		{"未知的错误码MINI_APP_INFO_AUDIT_CONTAINS", "MINI_APP_INFO_AUDIT_CONTAINS"},
		{"未知的错误码：MINI_APP_INFO_AUDIT_CONTAINS。", "MINI_APP_INFO_AUDIT_CONTAINS"},
		{"未知错误码[MINI_APP_INFO_AUDIT_CONTAINS]", "MINI_APP_INFO_AUDIT_CONTAINS"},
		{"unknown error code MINI_APP_INFO_AUDIT_CONTAINS", "MINI_APP_INFO_AUDIT_CONTAINS"},
		{"unknown sub code: MINI_APP_INFO_AUDIT_CONTAINS.", "MINI_APP_INFO_AUDIT_CONTAINS"},
		{"未知的错误码A1_B2", "A1_B2"},
		{"未知的错误码", "unknown-sub-code"},
		{"", "unknown-sub-code"},
		{"something went wrong", "unknown-sub-code"},
	} {
		if got := RealSubCode("unknown-sub-code", test.message); got != test.want {
			t.Errorf("%q holds %q, want %q", test.message, got, test.want)
		}
	}
	if got := RealSubCode("LOGO_IS_BLANK", "未知的错误码OTHER"); got != "LOGO_IS_BLANK" {
		t.Errorf("a known sub code became %q", got)
	}
	if got := Classify(alipay.MethodAuditApply, "40004", "unknown-sub-code", "未知的错误码MINI_APP_INFO_AUDIT_CONTAINS"); got.Class != ClassWait {
		t.Errorf("unwrapped class %s, want wait", got.Class)
	}
}

func TestCodesThatStandInNoTable(t *testing.T) {
	for _, test := range []struct {
		name, code, subCode, message string
		want                         Class
		unlisted, slow               bool
	}{
		{"a new business code", "40004", "BRAND_NEW", "", ClassPermanent, true, false},
		{"no sub code", "40004", "", "", ClassPermanent, true, false},
		{"a code of another method", "40004", "CAN_NOT_SUBMIT_WITH_AUDIT", "", ClassPermanent, true, false},
		{"a new cause of insufficient authorisation", "20001", "aop.brand-new", "", ClassAuthorization, true, false},
		{"limited without a cause", "40005", "", "", ClassRetry, false, true},
		{"limited with a cause", "40005", "isv.app-call-limited", "", ClassRetry, false, true},
		{"unavailable with a new cause", "20000", "BRAND_NEW", "", ClassUnknown, false, false},
		{"in progress", "10003", "", "", ClassUnknown, true, false},
		{"a new kind of refusal", "40099", "", "", ClassPermanent, true, false},
		{"no code at all", "abc", "", "", ClassPermanent, true, false},
		{"the sentence about the token", "40006", "brand-new", "Insufficient Token Permissions (商户未签约任何产品)", ClassAuthorization, false, false},
		{"the sentence in Chinese", "40004", "X", "商户未签约任何产品", ClassAuthorization, false, false},
		{"the clock is wrong", "40002", "isv.invalid-timestamp", "", ClassRetry, false, true},
	} {
		got := Classify(alipay.MethodOnline, test.code, test.subCode, test.message)
		if got.Class != test.want || got.Unlisted != test.unlisted || got.Slow != test.slow || got.Advice == "" {
			t.Errorf("%s: %+v, want %s, unlisted %t, slow %t, with advice", test.name, got, test.want, test.unlisted, test.slow)
		}
	}
}
