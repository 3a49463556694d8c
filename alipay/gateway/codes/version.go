package codes

const (
	adviceBusy           = "another version is in the pipeline: wait, or take it back"
	adviceTemplate       = "choose a template version that is online and belongs to this application"
	adviceNotVisible     = "the version does not exist, or is not visible yet: ask again, or look at build.query"
	adviceTemplateItself = "the token belongs to the template itself: use the merchant's"
	adviceWrongTarget    = "the token or the bundle_id does not belong to a mini program this call can work on"
)

// uploadCodes are those of alipay.open.mini.version.upload. The natural key is (mini app,
// bundle, version), so build.query answers whether a lost upload worked.
var uploadCodes = codeTable{
	subCodeSystemError:            query("ask build.query for this version; if it does not exist, upload again"),
	"UPDATE_PLUGIN_SERVICE_FAIL":  query("ask build.query for this version; if it does not exist, upload again"),
	"BUILD_VERSION_COMPARE_ERROR": query("ask build.query for this version; if it does not exist, upload again"),
	"VERSION_HAS_EXISTED":         query("ask build.query: an earlier upload may have worked; if the version is not yours take the next number"),

	"LARGER_VERSION_HAS_EXISTED":   autoFix(AutoFixHigherVersion, "take a number above the newest of version.list.query", "app_version"),
	"DEV_VERSION_EXCEED_MAX_COUNT": autoFix(AutoFixDeleteOldVersions, "delete the oldest versions in development (at most 20 are kept), then upload again"),
	"INVALID_VERSION":              fix("app_version"),
	"APP_VERSION_IS_BLANK":         fix("app_version"),
	"VERSION_EXCEEDED_LENGTH":      fix("app_version"),
	"TEMPLATE_ID_IS_BLANK":         fix("template_id"),
	"INVALID_EXT_JSON":             fix("ext"),
	"TEMPLATE_EXTRA_INFO_INVALID":  fix("ext"),

	"CODE_TEMPLATE_NOT_SAFE": wait("the template is still being scanned"),

	"CODE_TEMPLATE_NOT_EXIST":         Permanent(adviceTemplate),
	"CODE_TEMPLATE_DELETED":           Permanent(adviceTemplate),
	"TEMPLATE_NOT_ONLINE_OR_OFFLINE":  Permanent(adviceTemplate),
	"TEMPLATE_STATUS_CAN_NOT_BUILD":   Permanent(adviceTemplate),
	"TEMPLATE_STATUS_PUNISHED":        Permanent("Alipay has punished the template: appeal, or use another"),
	"TEMPLATE_ID_ISVAPPID_NOT_MATCH":  Permanent(adviceTemplate),
	"TEMPLATE_MINIAPP_NOT_ALLOWED":    Permanent(adviceTemplateItself),
	"ISV_APP_ID_IS_BLANK":             Permanent(AdviceBug),
	"APPLICATION_TYPE_NOT_MINIAPP":    Permanent(adviceWrongTarget),
	"APP_TYPE_ERROR":                  Permanent(adviceWrongTarget),
	"APP_INFO_NOT_EXIST":              Permanent(adviceWrongTarget),
	"BUNDLE_ID_NOT_EXIST":             Permanent(adviceWrongTarget),
	"MINI_APP_PACKAGE_INFO_NOT_EXIST": Permanent(adviceWrongTarget),

	"NO_AUTH_RELATION":     Authorize(adviceAuthorize),
	"APP_TO_APP_AUTH_FAIL": Authorize(adviceAuthorize),
}

var buildQueryCodes = codeTable{
	"BUILD_VERSION_NOT_EXISTED":        query("the version was not uploaded, or is not visible yet"),
	"POLLING_BUILD_VERSION_NOT_EXIST":  query("the version was not uploaded, or is not visible yet"),
	"POLLING_BUILDING_ERROR":           autoFix(AutoFixHigherVersion, "the build failed: upload again under the next number, then look at the template", "app_version"),
	"NO_TEMPLATE_INSTANTIATE_RELATION": Permanent(adviceTemplate),
	"APPLICATION_TYPE_ILLEGAL":         Permanent(adviceWrongTarget),
	"PACKAGE_ID_IS_BLANK":              Permanent(adviceWrongTarget),
	"NO_AUTH_RELATION":                 Authorize(adviceAuthorize),
}

// versionDetailCodes are those of alipay.open.mini.version.detail.query. Alipay publishes no
// code there for a version that does not exist, so these are the codes of its neighbours.
var versionDetailCodes = codeTable{
	"VERSION_IS_BLANK":                Permanent(AdviceBug),
	"MINIAPP_VERSION_NOT_EXSIT":       query(adviceNotVisible), // Alipay's spelling
	"MINI_APP_VERSION_NOT_EXIST":      query(adviceNotVisible),
	"MINI_APP_PACKAGE_INFO_NOT_EXIST": query(adviceNotVisible),
}

var versionListCodes = codeTable{
	"NO_TEMPLATE_INSTANTIATE_RELATION": Permanent(adviceTemplate),
	"PAGE_SIZE_LESS_ZERO":              Permanent(AdviceBug),
}

var deleteCodes = codeTable{
	"CAN_NOT_DELETE_WITHOUT_DEV":      query("the version is not in development: look at its status"),
	"CAN_NOT_DELETE_WITH_SCANNING":    wait("the version is being scanned"),
	"CAN_NOT_DELETE_WITH_EXPERIENCE":  wait("cancel the experience version first"),
	"CAN_NOT_DELETE_WITH_INSTANTIATE": Permanent("the version is in use as an instance and can't be deleted"),
}

var experienceCodes = codeTable{
	"CAN_NOT_SET_WITHOUT_SCAN_PASS":       wait("the security scan has not passed"),
	"CAN_NOT_SET_EXP_REPEAT":              query("is the experience version already: nothing is left to do"),
	"CAN_NOT_SET_EXP_INVALID_STATUS":      Permanent("only a version in development can be tried out"),
	"CAN_NOT_SET_EXP_WITH_ONLINED_STATUS": Permanent("only a version in development can be tried out"),
	"CLIENT_TYPE_REQUIRED":                Permanent(AdviceBug),
}

var experienceCancelCodes = codeTable{
	"APPID_IS_BLANK":                         Permanent(AdviceBug),
	"CAN_NOT_CANCEL_EXP_WITH_INVALID_STATUS": query("ask experience.query: notExpVersion means that nothing is left to cancel"),
	"CAN_NOT_CANCEL_WITHOUT_PACKAGED":        wait("the experience version is still being packaged"),
}

// onlineCodes are those of a release. A refusal to go online often means that the version is
// online already, so the status decides.
var onlineCodes = codeTable{
	"CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE": query("look at the version's status: RELEASE means it is online"),
	"CAN_NOT_ONLINE_WITHOUT_AUDIT":           query("look at the version's status: RELEASE means it is online"),
	"CAN_NOT_ONLINE_WITHOUT_GRAY":            query("look at the version's status: RELEASE means it is online"),
	"MINI_APP_VERSION_NOT_EXIST":             query(adviceNotVisible),
	"CAN_NOT_ONLINE_NO_PROMOTE":              Permanent("the marketing audit is missing: build a version that passes both audits"),
	"CAN_NOT_ONLINE_WITHOUT_REGISTRATION": {Class: ClassWait, Fields: []string{"permit_registration_limit_release"},
		Advice: "the ICP filing is unfinished: finish it, or permit the limited release (90 days, not searchable)"},
	"MINI_APP_VERSION_ITERATION_EXIST": wait("a release runs in Alipay's console: wait for its end"),
	"MERCHANT_NOT_EXESIT":              Permanent("the merchant account does not exist any more"), // Alipay's spelling
}

var offlineCodes = codeTable{
	"CAN_NOT_OFFLINE_WITHOUT_ONLINE": query("look at the version's status: it is not online"),
	"CAN_NOT_OFFLINE_WITH_GRAY":      wait("a gray release runs: finish or cancel it first"),
	"MINI_APP_VERSION_NOT_EXIST":     query(adviceNotVisible),
	"TEMPLATE_NOT_ALLOWED_OFFLINE":   Permanent(adviceTemplateItself),
}

var rollbackCodes = codeTable{
	"CAN_NOT_CONTINUOUS_ROLLBACK":      Permanent("a rollback can't follow a rollback: release a higher version"),
	"CAN_NOT_ROLLBACK_WITH_GRAY":       wait("a gray release runs: finish or cancel it first"),
	"CAN_NOT_ROLLBACK_WITHOUT_ONLINE":  query("look at the version's status: it is not online"),
	"CAN_NOT_ROLLBACK_WITHOUT_OFFLINE": Permanent("there is no earlier version to go back to"),
	"CAN_NOT_ROLLBACK_PUNISH":          Permanent("Alipay has punished the mini program: the merchant has to appeal"),
}

var grayOnlineCodes = codeTable{
	"GRAY_STRATEGY_IS_BLANK":          fix("gray_strategy"),
	"GRAY_STRATEGY_IS_INVALID":        fix("gray_strategy"),
	"GRAY_STRATEGY_NOT_ALLOW_REDUCE":  FixSaying("the share of users may only grow", "gray_strategy"),
	"CAN_NOT_GRAY_WITHOUT_AUDIT_PASS": query("look at the version's status: it has not passed, or is further already"),
	"CAN_NOT_GRAY_WITHOUT_INNER_PASS": query("look at the version's status: it has not passed, or is further already"),
	"CAN_NOT_GRAY_WITH_RISK_VERSION":  Permanent("Alipay sees a risk in this version: build another"),
	"EXECUTE_GRAY_FAILED":             Retry(),
	"CREATE_GRAY_RULE_ERROR":          Retry(),
	"APP_OPERATOR_QUERY_ERROR":        Retry(),
	"MINI_APP_NOT_ONLINE":             Permanent("a gray release needs an online version: release fully"),
}

var grayCancelCodes = codeTable{
	"CAN_NOT_END_GRAY_WITHOUT_GRAY":    query("look at the version's status: no gray release runs"),
	"MINI_APP_VERSION_STATUS_ILLEGAL":  query("look at the version's status: no gray release runs"),
	"MINI_APP_VERSION_NOT_EXIST":       query(adviceNotVisible),
	"CAN_NOT_CANCEL_GRAY_WITH_DIFF_DW": Permanent("end the gray release in Alipay's console"),
}
