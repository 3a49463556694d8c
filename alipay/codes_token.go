package alipay

const adviceNewAuthorization = "codes and refresh tokens work once and for a time: " + adviceAuthorize

// tokenCodes: alipay.open.auth.token.app. What a lost answer held can't be asked
// again, for the code is spent.
var tokenCodes = codeTable{
	subCodeSystemError: retry(), // if the code was spent after all, the next answer says so

	"APP_NOT_ISV":           permanent("the application is not a third-party application: " + adviceAppSetup),
	"GRANT_TYPE_INVALID":    permanent(adviceBug),
	"APP_ID_NOT_CONSISTENT": permanent("the code was given to another application: configure that one"),

	"AUTH_CODE_NOT_EXIST":     authorize(adviceNewAuthorization),
	"AUTH_CODE_NOT_VALID":     authorize(adviceNewAuthorization),
	"AUTH_TOKEN_NOT_FOUND":    authorize(adviceAuthorize),
	"REFRESH_TOKEN_NOT_VALID": authorize(adviceNewAuthorization),
	"REFRESH_TOKEN_NOT_EXIST": authorize(adviceNewAuthorization),
	"REFRESH_TOKEN_TIME_OUT":  authorize(adviceNewAuthorization),
}

var tokenQueryCodes = codeTable{
	"AUTH_TOKEN_NOT_EXISTED":    authorize(adviceAuthorize),
	"AUTH_TOKEN_NOT_CONSISTENT": authorize("the token belongs to another service provider: " + adviceAuthorize),
	"APP_NOT_ISV":               permanent("the application is not a third-party application: " + adviceAppSetup),
	"ILLEGAL_PARAM":             fix("app_auth_token"),
}
