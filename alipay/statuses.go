package alipay

// MerchantStatus is how a merchant answered the creation of a formal mini program. Unknown
// values are kept as they came, because Alipay adds some without notice.
type MerchantStatus string

// Values of status in alipay.open.mini.merchant.confirmed and alipay.open.mini.isv.query,
// which agree so that one type serves.
const (
	MerchantProcess  MerchantStatus = "PROCESS"
	MerchantAgreed   MerchantStatus = "AGREED"
	MerchantRejected MerchantStatus = "REJECTED"
	MerchantTimeout  MerchantStatus = "TIMEOUT" // final: no answer in time; the name is free again
)

// MerchantStatuses returns every known value.
func MerchantStatuses() []MerchantStatus {
	return []MerchantStatus{MerchantProcess, MerchantAgreed, MerchantRejected, MerchantTimeout}
}

// FastRegisterStatus is how far the creation and the certification of a trial mini program
// are. Unknown values are kept as they came, because Alipay adds some without notice.
type FastRegisterStatus string

// Values of status in alipay.open.mini.merchant.fastregister.changed and
// alipay.open.mini.isv.fastregister.query, which agree so that one type serves.
const (
	FastRegisterWaitConfirm     FastRegisterStatus = "WAIT_CONFIRM"
	FastRegisterConfirmTimeout  FastRegisterStatus = "CONFIRM_TIMEOUT"
	FastRegisterCreated         FastRegisterStatus = "CREATE_MINI_APP_SUCCESS" // the trial exists, so versions can be uploaded
	FastRegisterCreateFailed    FastRegisterStatus = "CREATE_MINI_APP_FAILED"
	FastRegisterCertifyOperator FastRegisterStatus = "CERTIFY_OPERATOR"
	FastRegisterCertifyMerchant FastRegisterStatus = "CERTIFY_MERCHANT"
	FastRegisterCertified       FastRegisterStatus = "CERTIFY_SUCCESS"
	FastRegisterCertifyFailed   FastRegisterStatus = "CERTIFY_FAILED" // still a trial, which can be certified again
	FastRegisterCancelled       FastRegisterStatus = "CANCELLED"
)

// FastRegisterStatuses returns every known value, without the aliases, because those are
// parsed away.
func FastRegisterStatuses() []FastRegisterStatus {
	return []FastRegisterStatus{FastRegisterWaitConfirm, FastRegisterConfirmTimeout, FastRegisterCreated,
		FastRegisterCreateFailed, FastRegisterCertifyOperator, FastRegisterCertifyMerchant,
		FastRegisterCertified, FastRegisterCertifyFailed, FastRegisterCancelled}
}

// ParseFastRegisterStatus reads a status of either generation, because messages still carry
// the four coarser values that the catalogue had until 2023.
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

// Values of base_audit and promote_audit. There is none for "not yet": the field is missing.
const (
	AuditPass   AuditResult = "PASS"
	AuditReject AuditResult = "REJECT"
)

// DefaultBundleID is the Alipay app itself. It stands in where bundle_id is left out, because
// versions are numbered by client.
const DefaultBundleID = "com.alipay.alipaywallet"
