package codes

// The sub codes of alipay.open.mini.version.audit.apply fill four tables, because other
// methods share some of them. Odd spellings are Alipay's.

const (
	adviceDrop    = "the platform allows no change of this field now: send again without it"
	adviceAppeal  = "Alipay refuses submissions of this mini program: the merchant has to ask Alipay"
	adviceImage   = "send a png or jpg within the limits, in RGB (CMYK is refused)"
	adviceRewrite = "Alipay takes the text for sensitive: write it another way"
)

var (
	licensePics        = []string{"first_license_pic", "second_license_pic", "third_license_pic", "fourth_license_pic", "fifth_license_pic"}
	specialLicensePics = []string{"first_special_license_pic", "second_special_license_pic", "third_special_license_pic"}
	screenShots        = []string{"first_screen_shot", "second_screen_shot", "third_screen_shot", "fourth_screen_shot", "fifth_screen_shot"}
)

var auditCodes = codeTable{
	"CAN_NOT_SUBMIT_WITH_AUDIT":        wait(adviceBusy),
	"CAN_NOT_SUBMIT_WITH_AUDIT_GRAY":   wait("another version is in audit, rejected, passed or gray: release it, or take it back with audited.cancel"),
	"CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS": wait("the security scan has not passed: wait while scan_result is NAN; False needs another build"),
	"MINI_APP_INFO_AUDIT_CONTAINS":     wait("a change of the base information is in audit: wait for its end"),
	"MINI_APP_VERSION_ITERATION_EXIST": wait("a release runs in Alipay's console: wait for its end"),
	"BRAND_TORT_NOT_END":               wait("a brand complaint about the name is open: wait for its end"),
	"SYSTEM_LIMIT":                     {Class: ClassWait, Slow: true, Advice: "Alipay limits submissions now: try later"},

	"SUBMIT_REPEAT":                   query("submitted already: look at the version's status, AUDITING is success"),
	"CAN_NOT_SUBMIT_WITHOUT_INIT":     query("the version is not in development any more: look at its status"),
	subCodeSystemError:                query("look at the version's status: INIT means submit again, AUDITING is success"),
	"MINIAPP_VERSION_NOT_EXSIT":       query("the version is not known: ask build.query"),
	"MINI_APP_PACKAGE_INFO_NOT_EXIST": query("the build is usually not finished: ask build.query"),

	"CAN_NOT_MODIFY_NAME_ONCE_ONLINE": autoFix(AutoFixDropFields, adviceDrop, "app_name"),
	"CAN_NOT_MODIFY_EN_ONCE_ONLINE":   autoFix(AutoFixDropFields, adviceDrop, "app_english_name"),
	"MODIFY_SLOGAN_EXCEED_COUNT":      autoFix(AutoFixDropFields, adviceDrop, "app_slogan"),
	"MODIFY_CATEGORY_ID_EXCEED_COUNT": autoFix(AutoFixDropFields, adviceDrop, "mini_category_ids"),
	"MODIFY_DESC_EXCEED_COUNT":        autoFix(AutoFixDropFields, adviceDrop, "app_desc"),
	"HAS_NO_MODIFY_CNT":               autoFix(AutoFixDropFields, "this month's changes are used up: send again without changing these fields", "app_slogan", "mini_category_ids", "app_desc"),
	"EXIST_LARGER_ONLINED_VERSION":    autoFix(AutoFixNewVersion, "a larger version is online: build a higher one", "app_version"),

	"INVALID_MINI_APP_SAFE_DOMAIN":      Permanent("a domain of the template is not allowed: correct the white list and build again"),
	"CAN_NOT_SUBMIT_WITH_ALI_CLOUD":     Permanent("this version is bound to a cloud that does not allow the submission: look in Alipay's console"),
	"APPLICATION_TYPE_NOT_MINIAPP":      Permanent(adviceWrongTarget),
	"SUB_APPLICATION_TYPE_ERROR":        Permanent(adviceWrongTarget),
	"BUNDLE_ID_NOT_EXIST":               Permanent(adviceWrongTarget),
	"APP_INFO_NOT_EXIST":                Permanent(adviceWrongTarget),
	"USER_NOT_EXIST":                    Permanent("the merchant account does not exist any more"),
	"DEVELOPER_INFO_NOT_EXIST":          Permanent(adviceAppSetup),
	"RISK_DECISION_CHECK_FAIL":          Permanent(adviceAppeal),
	"RISK_DECISION_HIT_BRAND":           Permanent("Alipay sees a protected brand: prove the right to it in the console, or rename"),
	"RISK_DECISION_HIT_BROAD":           Permanent(adviceAppeal),
	"TINY_APP_AUDIT_NOT_PERMIT":         Permanent(adviceAppeal),
	"MINI_APP_RESTRICTED_AUDIT_CONTROL": Permanent("the mini program is barred from submitting, perhaps for a time: the merchant has to ask Alipay"),
}

// textFieldCodes are about the texts that a version is submitted with. They are a table of
// their own, because baseinfo.modify answers with them too.
var textFieldCodes = codeTable{
	"APP_NAME_IS_BLANK":               fix("app_name"),
	"INVALID_MINI_APP_NAME_LENGTH":    fix("app_name"),
	"INVALID_MINI_APP_NAME":           fix("app_name"),
	"INVALID_MINI_APP_NAME_PREFIX":    fix("app_name"),
	"MINI_APP_NAME_DUPLICATE":         FixSaying(adviceOtherName, "app_name"),
	"MINI_VERSION_NAME_DUPLICATE":     FixSaying(adviceOtherName, "app_name"),
	"MINI_APP_NAME_SENSITIVE":         FixSaying(adviceRewrite, "app_name"),
	"ENGLISH_NAME_IS_BLANK":           fix("app_english_name"),
	"INVALID_MINI_APP_EN_NAME":        fix("app_english_name"),
	"INVALID_MINI_APP_EN_NAME_LENGTH": fix("app_english_name"),
	"MINI_APP_EN_NAME_DUPLICATE":      FixSaying(adviceOtherName, "app_english_name"),
	"MINI_APP_EN_NAME_SENSITIVE":      FixSaying(adviceRewrite, "app_english_name"),
	"SLOGAN_IS_BLANK":                 fix("app_slogan"),
	"INVALID_MINI_APP_SLOGAN":         fix("app_slogan"),
	"INVALID_MINI_APP_SLOGAN_LENGTH":  fix("app_slogan"),
	"MINI_APP_SLOGAN_SENSITIVE":       FixSaying(adviceRewrite, "app_slogan"),
	"APP_DESC_IS_BLANK":               fix("app_desc"),
	"INVALID_MINI_APP_DESC":           fix("app_desc"),
	"INVALID_MINI_APP_DESC_LENGTH":    fix("app_desc"),
	"MINI_APP_DESC_SENSITIVE":         FixSaying(adviceRewrite, "app_desc"),
	"VERSION_DESC_IS_BLANK":           fix("version_desc"),
	"INVALID_VERSION_DESC_LENGTH":     fix("version_desc"),
	"INVALID_MINI_APP_VERSION_DESC":   fix("version_desc"),
	"MINI_APP_VERSION_DESC_SENSITIVE": FixSaying(adviceRewrite, "version_desc"),
	"INVALID_MINI_APP_MEMO_LENGTH":    fix("memo"),
	"MINI_APP_MEMO_SENSITIVE":         FixSaying(adviceRewrite, "memo"),
	"INVALIID_MEMO_TRADENO":           fix("memo"),
	"MEMO_TRADENO_CHECK_FAIL":         fix("memo"),
	"SERVICE_TEL_AND_MAIL_BOTH_BLANK": fix("service_phone", "service_email"),
	"SERVICE_TEL_IS_BLANK":            fix("service_phone"),
	"INVALID_MINI_APP_SERVICE_TEL":    fix("service_phone"),
	"INVALID_MINI_APP_SERVICE_MAIL":   fix("service_email"),
	"MINI_APP_SERVICE_MAIL_SENSITIVE": FixSaying(adviceRewrite, "service_email"),
	"APP_VERSION_IS_BLANK":            fix("app_version"),
	"INVALID_TEST_PWD_LENGTH":         fix("test_password"),
	"INVALID_TEST_ACCOUNT_LENGTH":     fix("test_accout"),
}

var categoryCodes = codeTable{
	"CATEGORY_IS_BLANK":              fix("mini_category_ids"),
	"CATEGORY_NUM_IS_INVALID":        fix("mini_category_ids"),
	"INVALID_CATEGORY":               fix("mini_category_ids"),
	"PRIVATE_NOT_ALLOW_CATEGORY":     FixSaying("the category is not open to personal owners: choose another", "mini_category_ids"),
	"REGION_TYPE_IS_BLANK":           fix("region_type"),
	"REGION_TYPE_IS_INVALID":         fix("region_type"),
	"REGION_CODE_IS_BLANK":           fix("service_region_info"),
	"REGION_CODE_IS_INVALID":         fix("service_region_info"),
	"INVALID_REGION":                 fix("region_type", "service_region_info"),
	"LICENSE_NO_IS_BLANK":            fix("license_no"),
	"LICENSE_NAME_IS_BLANK":          fix("license_name"),
	"LICENSE_VALID_DATE_IS_BLANK":    fix("license_valid_date"),
	"LICENSE_VALID_DATE_IS_INVALID":  fix("license_valid_date"),
	"LICENSE_CHECK_FAIL":             fix("license_no", "license_name", "license_valid_date"),
	"LICENSE_PICS_ARE_BLANK":         fix("first_license_pic"),
	"LICENSE_PIC_NUM_IS_INVALID":     fix(licensePics...),
	"OUT_DOOR_PIC_IS_BLANK":          fix("out_door_pic"),
	"SPECIAL_LICENSE_PICS_ARE_BLANK": fix("first_special_license_pic"),
	"INVALID_SPECIAL_LICENSE_NUM":    fix(specialLicensePics...),
}

var logoCodes = codeTable{
	"LOGO_IS_BLANK":               fix("app_logo"),
	"DEFAULT_LOGO":                FixSaying("the default logo is refused: send the merchant's own", "app_logo"),
	"INVALID_LOGO":                FixSaying(adviceImage, "app_logo"),
	"INVALID_LOGO_EXT":            FixSaying(adviceImage, "app_logo"),
	"LOGO_EXCEED_MAX_SIZE":        FixSaying("send a logo of at most 2 MB", "app_logo"),
	"LOGO_SIZE_EXCEED":            FixSaying("send a logo of at most 2 MB", "app_logo"),
	"LOGO_HEIGHT_NOT_EQUAL_WIDTH": FixSaying("send a square logo, best 180×180", "app_logo"),
}

var fileCodes = codeTable{
	"SCREEN_SHOTS_ARE_BLANK":      fix(screenShots...),
	"SCREEN_SHOT_NUM_IS_INVALID":  FixSaying("send two to five screen shots", screenShots...),
	"INVALID_SCREEN_SHOT_EXT":     FixSaying(adviceImage, screenShots...),
	"SCREEN_SHOT_EXCEED_MAX_SIZE": FixSaying("send screen shots of at most 4 MB each", screenShots...),
	"FILE_IS_BLANK":               fix("test_file_name"),
	"INVALID_FILE_EXT":            FixSaying("send a zip or rar file", "test_file_name"),
	"FILE_SIZE_EXCEED":            FixSaying("send a file of at most 10 MB", "test_file_name"),
}

// baseInfoCodes are those of alipay.open.mini.baseinfo.modify only; it shares the codes of
// the texts with audit.apply, so those are not repeated.
var baseInfoCodes = codeTable{
	"CANNOT_MODIFY_NAME_AFTER_ONLINE":              Permanent("names are frozen once a version was online"),
	"CAN_NOT_MODIFY_BASE_INFO":                     wait("the base information can't be changed now: try later"),
	"MINI_APP_INFO_AUDIT_CONTAINS":                 wait("a change of the base information is in audit: wait for its end"),
	"CANNOT_MODIFY_CATEGORY_WITH_RELATION_VERSION": wait("a version in the pipeline uses the category: wait for its end"),
	"OP_FREQUENCY_LIMIT":                           {Class: ClassWait, Slow: true, Advice: "changed too often: try later"},
	"NOT_ALLOW_BETA_CATEGORY":                      FixSaying("the category is not open to trial mini programs: choose another", "mini_category_ids"),
	"RISK_DECISION_CHECK_FAIL":                     FixSaying(adviceRewrite),
	"RISK_DECISION_HIT_BRAND":                      FixSaying("Alipay sees a protected brand: prove the right to it in the console, or rename", "app_name"),
	"RISK_DECISION_HIT_BROAD":                      Permanent(adviceAppeal),
	"CATEGOTY_NUM_IS_INVALID":                      fix("mini_category_ids"), // Alipay's spelling
	"INVALID_CATEGOTY":                             fix("mini_category_ids"), // Alipay's spelling
	"INVALID_MINI_APP_SERVICE_EMAIL":               fix("service_email"),
	"INVALID_MINI_APP_SERVICE_PHONE":               fix("service_phone"),
	"MINI_APP_SERVICE_EMAIL_SENSITIVE":             FixSaying(adviceRewrite, "service_email"),
	"MODIFY_PARAMS_ARE_BLANK":                      fix(),
}

var auditCancelCodes = codeTable{
	"AUDITING_VERSION_NOT_EXIST":       query("the audit may just have ended: look at its result"),
	"INVALID_VERSION_STATUS":           query("the audit may just have ended: look at its result"),
	"TINYAPP_STATUS_INVALID":           query("the audit may just have ended: look at its result"),
	"MULTI_CLIENT_NOT_PACKAGED_STATUS": Retry(),
	"APPSTORE_RPC_INVOKE_ERROR":        Retry(),
	"APPID_IS_BLANK":                   Permanent(AdviceBug),
}

var auditedCancelCodes = codeTable{
	"CAN_NOT_BACK_DEV_WITHOUT_AUDIT": query("look at the version's status: INIT means it is back already"),
}
