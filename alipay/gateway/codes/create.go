package codes

const adviceOtherName = "choose another name"

// createCodes are those of alipay.open.mini.isv.create. The call is idempotent by
// out_order_no, so after a failure inside Alipay it is sent again unchanged.
var createCodes = codeTable{
	subCodeSystemError:      Retry(),
	"RPC_INVOKE_ERROR":      Retry(),
	"EXTERNAL_SYSTEM_ERROR": Retry(),
	"RATE_LIMITING_RISK":    slowRetry("too many orders in a short time: create less often"),

	"ONGOING_ORDER_EXIST":  wait("the merchant has an unfinished order: adopt it if it is yours, otherwise wait for its end"),
	"DAILY_REJECT_EXCEEDS": {Class: ClassWait, Tomorrow: true, Advice: "the merchant declined too often today: try again tomorrow"},
	"ORDER_FINISHED":       query("this out_order_no has ended: query the order; a new try needs a new number"),
	"OPERATION_INVALID":    query("the order is in another state: query it"),

	"NOT_UNIQUE":                   FixSaying("the number or the merchant account is not unique: look for an earlier order of this merchant", "out_order_no", "alipay_account"),
	"APP_NAME_DUPLICATED":          FixSaying(adviceOtherName, "app_name"),
	"INVALID_MINI_APP_NAME_LENGTH": fix("app_name"),
	"APP_NAME_LENGTH_LIMIT":        fix("app_name"),
	"BRAND_TORT":                   FixSaying("the name holds a protected brand: choose another, or prove the right to it", "app_name"),
	"CERTIFICATE_INVALID":          fix("cert_no", "cert_name", "license_pic"),
	"LEGAL_PERSON_INFO_INVALID":    fix("legal_personal_name"),
	"LEGAL_PERSON_NAME_NOT_MATCH":  fix("legal_personal_name"),
	"CERT_NO_NOT_MATCH":            fix("cert_no"),
	"INFO_INVALID":                 fix("cert_name", "cert_no", "legal_personal_name"),
	"NEED_UPGRADE_INDIVIDUAL":      FixSaying("the account is personal: set is_individual and add license_pic", "is_individual", "license_pic"),

	"PROVIDER_ROLE_INVALID": Permanent("the application is not qualified to create mini programs: " + adviceAppSetup),
	"PERMISSION_DENIED":     Permanent(adviceAppSetup),
	"REJECT_COUNTS_EXCEEDS": Permanent("the merchant declined too often: Alipay takes no further order for this merchant"),
	"HAS_RISK":              Permanent("Alipay's risk control refuses the merchant: the merchant has to ask Alipay"),
}

var nameCheckCodes = codeTable{
	"INVALID_PARAMETER": fix("app_name"),
	"SYSTEM_LIMIT":      slowRetry("check names less often"),
}

var orderQueryCodes = codeTable{
	"INVALID_PARAMS":    fix("order_no"),
	"PERMISSION_DENIED": Permanent(adviceAppSetup),
}

var trialCreateCodes = codeTable{
	subCodeSystemError:             Retry(),
	"PRECREATE_MINI_ERROR":         Retry(),
	"OPENID_QUERY_ERROR":           {Class: ClassRetry, Fields: []string{"uid"}, Advice: "send again; if it repeats, check the merchant's uid"},
	"INVALID_MINI_APP_NAME_LENGTH": fix("app_name"),
	"OPENCORE_APP_NAME_EXIST":      FixSaying(adviceOtherName, "app_name"),
	"PROVIDER_ROLE_INVALID":        Permanent("the application is not qualified to create mini programs: " + adviceAppSetup),
}

var trialQueryCodes = codeTable{
	"NO_PERMISSION":        Permanent(adviceAppSetup),
	"ORDER_NOT_EXIST":      query("the order is not known (yet): repeat the create call with the same out_order_no"),
	"ORDER_TYPE_NOT_MATCH": Permanent("this is the number of a formal order: ask alipay.open.mini.isv.query"),
	"ILLEGAL_PARAMS":       fix("order_no"),
}

var certifyCodes = codeTable{
	"NOT_PRIVATE":         Permanent("the account is not a personal one: there is nothing to upgrade"),
	"DUPLICATED_CERTIFY":  query("an upgrade was asked for already: look at its result"),
	"PRIVATE_NOT_CERTIFY": Permanent("the merchant has to pass real-name verification in Alipay first"),
	"USER_NOT_EXIST":      Permanent("no Alipay account with this name: ask the merchant"),
	"BIZ_ERROR":           query("query whether the account was upgraded before sending again"),
}

var fieldApplyCodes = codeTable{
	"AUTH_API_APPLY_IS_PASS":     query("the field is granted already: nothing is left to do"),
	"AUTH_API_FIELD_IS_AUDITING": query("the application is in review already: wait for its result"),
}

var membersCodes = codeTable{
	"EXPERIENCER_ALREADY_EXIST":   query("is a member already: nothing is left to do"),
	"DEVELOPER_ALREADY_EXSIT":     query("is a member already: nothing is left to do"), // Alipay's spelling
	"EXPERIENCER_ALREADY_REFUSED": Permanent("the invited person declined"),
	"DEVELOPER_ALREADY_REFUSED":   Permanent("the invited person declined"),
	"ROLE_OVER_LIMIT":             Permanent("too many members: remove one first"),
}
