package alipay

// MerchantStatus is how a merchant answered the creation of a formal mini program. Unknown
// values are kept as they came: Alipay adds some without notice.
type MerchantStatus string

// Values of status in alipay.open.mini.merchant.confirmed and
// alipay.open.mini.isv.query.
const (
	MerchantProcess  MerchantStatus = "PROCESS"  // being handled or waiting for the merchant
	MerchantAgreed   MerchantStatus = "AGREED"   // final: the mini program exists
	MerchantRejected MerchantStatus = "REJECTED" // final: the merchant declined
	MerchantTimeout  MerchantStatus = "TIMEOUT"  // final: no answer in time; the name is free again
)

// FastRegisterStatus is how far the creation and the certification of a trial mini program
// are. Unknown values are kept as they came: Alipay adds some without notice.
type FastRegisterStatus string

// Values of status in alipay.open.mini.merchant.fastregister.changed and
// alipay.open.mini.isv.fastregister.query.
const (
	FastRegisterWaitConfirm     FastRegisterStatus = "WAIT_CONFIRM"            // the merchant has the authorise URL
	FastRegisterConfirmTimeout  FastRegisterStatus = "CONFIRM_TIMEOUT"         // final: no answer in time
	FastRegisterCreated         FastRegisterStatus = "CREATE_MINI_APP_SUCCESS" // the trial exists, so versions can be uploaded
	FastRegisterCreateFailed    FastRegisterStatus = "CREATE_MINI_APP_FAILED"  // final
	FastRegisterCertifyOperator FastRegisterStatus = "CERTIFY_OPERATOR"        // the administrator is being verified
	FastRegisterCertifyMerchant FastRegisterStatus = "CERTIFY_MERCHANT"        // the entity is being verified
	FastRegisterCertified       FastRegisterStatus = "CERTIFY_SUCCESS"         // final: a formal mini program now
	FastRegisterCertifyFailed   FastRegisterStatus = "CERTIFY_FAILED"          // still a trial, which can be certified again
	FastRegisterCancelled       FastRegisterStatus = "CANCELLED"               // final: deregistered
)

// FastRegisterStatuses returns every known value, without the aliases.
func FastRegisterStatuses() []FastRegisterStatus {
	return []FastRegisterStatus{FastRegisterWaitConfirm, FastRegisterConfirmTimeout, FastRegisterCreated,
		FastRegisterCreateFailed, FastRegisterCertifyOperator, FastRegisterCertifyMerchant,
		FastRegisterCertified, FastRegisterCertifyFailed, FastRegisterCancelled}
}

// ParseFastRegisterStatus reads a status of either generation. Until 2023 the catalogue had
// four coarser values, and messages still carry them.
func ParseFastRegisterStatus(text string) FastRegisterStatus {
	switch text {
	case "PRECREATE", "PROCESS":
		return FastRegisterWaitConfirm
	case "SUCCESS":
		return FastRegisterCreated
	case "FAILED":
		return FastRegisterCreateFailed
	default:
		return FastRegisterStatus(text)
	}
}

// AuditResult is the result of one half of an audit: base_audit (admission, 准入) or
// promote_audit (marketing, 营销). It is empty when the version was submitted without
// audit_rule BASE_PROMOTE.
type AuditResult string

// Values of base_audit and promote_audit.
const (
	AuditPass   AuditResult = "PASS"
	AuditReject AuditResult = "REJECT"
)

// DefaultBundleID is the client that Alipay means where bundle_id is left out: the Alipay app
// itself.
const DefaultBundleID = "com.alipay.alipaywallet"
