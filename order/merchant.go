package order

// MerchantStatus is how far the merchant is, over both ways to create a mini program: Alipay uses
// other words for each.
type MerchantStatus string

// What becomes of the merchant's confirmation. The last three end an order; a mini program exists
// only after agreed.
const (
	MerchantWaiting  MerchantStatus = "waiting"
	MerchantAgreed   MerchantStatus = "agreed"
	MerchantRejected MerchantStatus = "rejected"
	MerchantTimedOut MerchantStatus = "timed_out"
	// MerchantFailed means that the creation failed, or that the trial was deregistered: only
	// fastregister has it.
	MerchantFailed MerchantStatus = "failed"
)

// ReadConfirmation reads the status of merchant.confirmed and isv.query. A value
// that Alipay has not published is a wait: nothing ends on a word nobody knows.
func ReadConfirmation(status string) MerchantStatus {
	switch status {
	case "AGREED":
		return MerchantAgreed
	case "REJECTED":
		return MerchantRejected
	case "TIMEOUT":
		return MerchantTimedOut
	default:
		return MerchantWaiting
	}
}

// ReadRegistration reads the status of fastregister.changed and fastregister.query,
// the names of 2023 included: how far the creation is, and how far the
// certification. A value that Alipay has not published is a wait.
func ReadRegistration(status string) (MerchantStatus, Certification) {
	switch status {
	case "CONFIRM_TIMEOUT":
		return MerchantTimedOut, CertificationNone
	case "CREATE_MINI_APP_SUCCESS", "SUCCESS":
		return MerchantAgreed, CertificationNone
	case "CREATE_MINI_APP_FAILED", "FAILED", "CANCELLED":
		return MerchantFailed, CertificationNone
	case "CERTIFY_OPERATOR":
		return MerchantAgreed, CertificationOperator
	case "CERTIFY_MERCHANT":
		return MerchantAgreed, CertificationMerchant
	case "CERTIFY_SUCCESS":
		return MerchantAgreed, CertificationCertified
	case "CERTIFY_FAILED":
		return MerchantAgreed, CertificationFailed
	default:
		return MerchantWaiting, CertificationNone
	}
}
