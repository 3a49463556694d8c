package alipay

import (
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"time"
)

// KeyEncoding names how a key or certificate is written.
type KeyEncoding string

// The encodings that Alipay's tools and console hand out.
const (
	EncodingPKCS1 KeyEncoding = "PKCS #1"
	EncodingPKCS8 KeyEncoding = "PKCS #8"
	EncodingSPKI  KeyEncoding = "SPKI"
	EncodingX509  KeyEncoding = "X.509"
)

// KeyEncodings lists every encoding.
func KeyEncodings() []KeyEncoding {
	return []KeyEncoding{EncodingPKCS1, EncodingPKCS8, EncodingSPKI, EncodingX509}
}

// KeyInfo says what a key or certificate text is. It holds nothing secret: of
// a private key only the public half is in it.
type KeyInfo struct {
	Kind     KeyProblem // ProblemPrivateKey, ProblemPublicKey or ProblemCertificate: named by what they are where another was wanted
	Encoding KeyEncoding
	PEM      bool           // with armour; otherwise bare base64
	Public   *rsa.PublicKey // never nil
	// Certificates are what a certificate text holds, in file order: one, a
	// chain, or Alipay's root bundle as far as Go can read it.
	Certificates []CertificateInfo
	// RootSN is alipay_root_cert_sn when this is a bundle of several
	// self-signed certificates, else empty.
	RootSN string
	// Simulator says that a simulator made it, see [SimulatorKeyMark].
	Simulator bool
}

// CertificateInfo is what a person asks about a certificate.
type CertificateInfo struct {
	SN                  string // Alipay's serial number, see [CertificateSN]
	Subject, Issuer     string // RFC 2253
	NotBefore, NotAfter time.Time
}

// InspectKey reads any key or certificate text and says what it is. Short keys
// are described, not refused. The error is a [*KeyError].
func InspectKey(text string) (KeyInfo, error) {
	const wanted = "key or certificate"
	found, problem := readKeyText(text)
	if root := firstRSA(text); root != nil && problem != noProblem {
		found, problem = root, noProblem // Alipay's bundle begins with a root on SM2 that Go can't parse
	}
	if problem != noProblem {
		return KeyInfo{}, &KeyError{Wanted: wanted, Problem: problem}
	}
	info := KeyInfo{Kind: kindOf(found), PEM: strings.Contains(text, "-----BEGIN "), Simulator: IsSimulatorKey(text)}
	der, _ := readArmour(text) // readKeyText has read it
	switch key := found.(type) {
	case *rsa.PrivateKey:
		info.Public, info.Encoding = &key.PublicKey, EncodingPKCS8
		if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
			info.Encoding = EncodingPKCS1
		}
	case *rsa.PublicKey:
		info.Public, info.Encoding = key, EncodingSPKI
		if _, err := x509.ParsePKCS1PublicKey(der); err == nil {
			info.Encoding = EncodingPKCS1
		}
	case *x509.Certificate:
		info.Encoding = EncodingX509
		info.Public, _ = key.PublicKey.(*rsa.PublicKey)
		info.describe(text, key)
	}
	if info.Public == nil {
		if info.Kind == ProblemCertificate {
			info.Kind = ProblemEC
		}
		return KeyInfo{}, &KeyError{Wanted: wanted, Problem: info.Kind}
	}
	return info, nil
}

// firstRSA gives the first certificate of a bundle that has an RSA key, or nil.
func firstRSA(bundle string) *x509.Certificate {
	for _, certificate := range readBundle(bundle) {
		if _, ok := certificate.PublicKey.(*rsa.PublicKey); ok {
			return certificate
		}
	}
	return nil
}

// describe fills in the certificates of a text whose first one is known.
func (info *KeyInfo) describe(text string, first *x509.Certificate) {
	certificates := readBundle(text)
	if len(certificates) == 0 { // bare base64
		certificates = []*x509.Certificate{first}
	}
	roots := 0
	for _, certificate := range certificates {
		if certificate.Subject.String() == certificate.Issuer.String() {
			roots++
		}
		info.Certificates = append(info.Certificates, CertificateInfo{
			SN: CertificateSN(certificate), Subject: certificate.Subject.String(), Issuer: certificate.Issuer.String(),
			NotBefore: certificate.NotBefore, NotAfter: certificate.NotAfter,
		})
	}
	if roots > 1 {
		info.RootSN, _ = RootCertificateSN(text) // empty when none of them is RSA's
	}
}
