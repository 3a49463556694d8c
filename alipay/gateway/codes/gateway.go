package codes

import (
	"slices"

	"miniflow/alipay"
)

// tablesOf returns the tables in which the sub codes of a method are looked up, most
// particular first, so that a method can give a common code another meaning.
func tablesOf(method string) []codeTable {
	tables := slices.Clone(ownTables[method])
	if alipay.ReadsOnly(method) {
		tables = append(tables, readingCodes)
	}
	return append(tables, commonCodes, gatewayCodes)
}

// ownTables are the tables of each method's own codes.
var ownTables = map[string][]codeTable{
	alipay.MethodNameCheck:        {nameCheckCodes},
	alipay.MethodCreate:           {createCodes},
	alipay.MethodQuery:            {orderQueryCodes},
	alipay.MethodTrialCreate:      {trialCreateCodes},
	alipay.MethodTrialQuery:       {trialQueryCodes},
	alipay.MethodTrialCertify:     {createCodes}, // none are published; its fields are those of isv.create
	alipay.MethodCertify:          {certifyCodes},
	alipay.MethodBaseInfoModify:   {baseInfoCodes, textFieldCodes, categoryCodes, logoCodes},
	alipay.MethodFieldApply:       {fieldApplyCodes},
	alipay.MethodMembersCreate:    {membersCodes},
	alipay.MethodUpload:           {uploadCodes},
	alipay.MethodBuildQuery:       {buildQueryCodes},
	alipay.MethodVersionDetail:    {versionDetailCodes},
	alipay.MethodVersionList:      {versionListCodes},
	alipay.MethodVersionDelete:    {deleteCodes},
	alipay.MethodExperienceCreate: {experienceCodes},
	alipay.MethodExperienceCancel: {experienceCancelCodes},
	alipay.MethodAuditApply:       {auditCodes, textFieldCodes, categoryCodes, logoCodes, fileCodes},
	alipay.MethodAuditCancel:      {auditCancelCodes},
	alipay.MethodAuditedCancel:    {auditedCancelCodes},
	alipay.MethodOnline:           {onlineCodes},
	alipay.MethodOffline:          {offlineCodes},
	alipay.MethodRollback:         {rollbackCodes},
	alipay.MethodGrayOnline:       {grayOnlineCodes},
	alipay.MethodGrayCancel:       {grayCancelCodes},
	alipay.MethodToken:            {tokenCodes},
	alipay.MethodTokenQuery:       {tokenQueryCodes},
}

// commonCodes may come from every method. SYSTEM_ERROR on a write leaves open whether it was
// carried out, so its class is query.
var commonCodes = codeTable{
	subCodeSystemError:  query("query whether it was carried out, then send the same again"),
	"INVALID_PARAMETER": fix(),
	"INVALID_PARAMS":    fix(),
	"ILLEGAL_PARAMS":    fix(),
	"PARAM_INVALID":     fix(),
}

// readingCodes replace the common ones for methods that change nothing, because those can
// simply be repeated.
var readingCodes = codeTable{
	subCodeSystemError: Retry(),
}

const (
	// AdviceBug is for refusals that no user can correct, because the code of this program
	// caused them.
	AdviceBug        = "this is a fault of the caller: report it with the trace id"
	adviceAppSetup   = "check the application in Alipay's console: app id, products, keys and their mode (public key or certificate)"
	adviceEncryption = "compare the AES key configured here with the one Alipay's console shows (接口内容加密), or send contents in the clear"
	adviceAuthorize  = "ask the merchant to authorise the application again"
)

// gatewayCodes are the gateway's own sub codes, apart because they are the same for every
// method: problems of authorisation, of the request's form and of the application.
var gatewayCodes = codeTable{
	// 20000: only under another code, because 20000 itself always means an unknown result.
	"isp.unknow-error": query("query what became of the call"),
	"aop.unknow-error": query("query what became of the call"),

	"aop.invalid-auth-token":            Authorize(adviceInsufficientAuth),
	"aop.auth-token-time-out":           Authorize(adviceAuthorize),
	"aop.invalid-app-auth-token":        Authorize(adviceInsufficientAuth),
	"aop.invalid-app-auth-token-no-api": Authorize("the merchant authorised before this product was bound: " + adviceAuthorize),
	"aop.app-auth-token-time-out":       Authorize(adviceAuthorize),
	"aop.no-product-reg-by-partner":     Authorize("the merchant has not signed the product: sign it, then " + adviceAuthorize),

	"isv.missing-method":    Permanent(AdviceBug),
	"isv.missing-signature": Permanent(AdviceBug),
	"isv.missing-app-id":    Permanent(AdviceBug),
	"isv.missing-timestamp": Permanent(AdviceBug),

	"isv.invalid-parameter":    FixSaying("the message names the parameter: correct it and send again"),
	"isv.invalid-signature":    Permanent("compare the application's public key in Alipay's console with the private key configured here; " + adviceAppSetup),
	"isv.invalid-app-id":       Permanent(adviceAppSetup),
	"isv.invalid-timestamp":    slowRetry("set this machine's clock right; calls succeed again by themselves"),
	"isv.invalid-method":       Permanent(AdviceBug),
	"isv.invalid-charset":      Permanent(AdviceBug),
	"isv.upload-fail":          Retry(),
	"isv.code-invalid":         Authorize("the code was used or is older than 24 hours: " + adviceAuthorize),
	"isv.suspected-attack":     Permanent("a field holds text that Alipay takes for an attack: look for markup or script in the texts"),
	"isv.forbidden-api":        Permanent(adviceAppSetup),
	"isv.app-cert-expired":     Permanent("renew the application certificate in Alipay's console and configure the new one"),
	"isv.not-online-app":       Permanent("put the third-party application online in Alipay's console"),
	"isv.not-support-app-auth": Permanent("this method does not take an app_auth_token: call it in the application's own name"),

	"isv.decryption-error-not-valid-encrypt-type": Permanent(adviceEncryption),
	"isv.decryption-error-not-valid-encrypt-key":  Permanent(adviceEncryption),
	"isv.decryption-error-unknown":                Permanent(adviceEncryption),

	"isv.missing-signature-config": Permanent(adviceAppSetup),
	"isv.invalid-auth-relations":   Authorize(adviceAuthorize),

	"isv.app-call-limited":    slowRetry("call less often"),
	"isv.method-call-limited": slowRetry("call this method less often"),

	"isv.insufficient-isv-permissions":  Permanent("bind the product of this method to the third-party application"),
	"isv.insufficient-user-permissions": Authorize(adviceInsufficientAuth),
	"isv.self-invoke-forbidden":         Permanent("this method needs an app_auth_token of the merchant's mini program"),
	"isv.illegal-client-ip":             Permanent("add this machine's address to the server IP allow list in Alipay's console"),
	"isv.app-api-punished":              Permanent("Alipay has withdrawn this method from the application: appeal in the console"),
}
