package codes

const adviceNewAuthorization = "codes and refresh tokens work once and for a time: " + adviceAuthorize

// tokenCodes are those of alipay.open.auth.token.app. The content of a lost answer can't be
// queried, because the code is spent.
var tokenCodes = codeTable{
	subCodeSystemError: Retry(), // if the code was spent after all, the next refusal says so

	"APP_NOT_ISV":           Permanent("the application is not a third-party application: " + adviceAppSetup),
	"GRANT_TYPE_INVALID":    Permanent(AdviceBug),
	"APP_ID_NOT_CONSISTENT": Permanent("the code was given to another application: configure that one"),

	"AUTH_CODE_NOT_EXIST":     Authorize(adviceNewAuthorization),
	"AUTH_CODE_NOT_VALID":     Authorize(adviceNewAuthorization),
	"AUTH_TOKEN_NOT_FOUND":    Authorize(adviceAuthorize),
	"REFRESH_TOKEN_NOT_VALID": Authorize(adviceNewAuthorization),
	"REFRESH_TOKEN_NOT_EXIST": Authorize(adviceNewAuthorization),
	"REFRESH_TOKEN_TIME_OUT":  Authorize(adviceNewAuthorization),
}

var tokenQueryCodes = codeTable{
	"AUTH_TOKEN_NOT_EXISTED":    Authorize(adviceAuthorize),
	"AUTH_TOKEN_NOT_CONSISTENT": Authorize("the token belongs to another service provider: " + adviceAuthorize),
	"APP_NOT_ISV":               Permanent("the application is not a third-party application: " + adviceAppSetup),
	"ILLEGAL_PARAM":             fix("app_auth_token"),
}
