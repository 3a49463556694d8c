package order

// Certification says how far a trial mini program is on its way to a formal one. It is not a stage, because it goes on beside the
// version's story.
type Certification string

// All but the first mirror the CERTIFY_… statuses of fastregister.query.
const (
	CertificationNone Certification = "none"
	// CertificationOperator mirrors CERTIFY_OPERATOR: the administrator is being verified.
	CertificationOperator Certification = "operator"
	// CertificationMerchant mirrors CERTIFY_MERCHANT: the legal person is being verified.
	CertificationMerchant Certification = "merchant"
	// CertificationCertified mirrors CERTIFY_SUCCESS: being a trial is no longer a reason to refuse an audit.
	CertificationCertified Certification = "certified"
	// CertificationFailed mirrors CERTIFY_FAILED. It ends nothing: the merchant may try again.
	CertificationFailed Certification = "failed"
)

// UnderWay reports whether a trial is on its way to a formal mini program, or has arrived.
func (c Certification) UnderWay() bool {
	switch c {
	case CertificationOperator, CertificationMerchant, CertificationCertified:
		return true
	case CertificationNone, CertificationFailed:
	}
	return false
}

// Certifications lists every state of certification, for the API's schema.
func Certifications() []Certification {
	return []Certification{
		CertificationNone, CertificationOperator, CertificationMerchant, CertificationCertified, CertificationFailed,
	}
}

// Authorization says whether calls may be made on the merchant's behalf: Alipay can take that away at any stage.
type Authorization string

const (
	// AuthorizationNone means that no token has arrived yet, so there is nothing to doubt or to revoke.
	AuthorizationNone Authorization = "none"
	// AuthorizationAuthorized means that a token is here and Alipay has not called it invalid. Tokens have no expiry that counts.
	AuthorizationAuthorized Authorization = "authorized"
	// AuthorizationRevoked means that the merchant took it back, or that Alipay calls the token invalid.
	AuthorizationRevoked Authorization = "revoked"
	// AuthorizationPunished means that Alipay calls the token valid and refuses calls with it.
	AuthorizationPunished Authorization = "punished"
)

// Authorizations lists every state of authorisation, for the API's schema.
func Authorizations() []Authorization {
	return []Authorization{AuthorizationNone, AuthorizationAuthorized, AuthorizationRevoked, AuthorizationPunished}
}
