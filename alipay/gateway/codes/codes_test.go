package codes

import (
	"strings"
	"testing"

	"miniflow/alipay"
)

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
	for _, tables := range ownTables {
		for _, table := range tables {
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
