package keys

import (
	"crypto/rsa"
	"crypto/x509"
	"time"
)

// Encoding is the name of the format inside the armour. [Inspect] shows it, because tools
// differ in what they accept.
type Encoding string

// The encodings that Alipay's tools and console produce.
const (
	EncodingPKCS1 Encoding = "PKCS #1"
	EncodingPKCS8 Encoding = "PKCS #8"
	EncodingSPKI  Encoding = "SPKI"
	EncodingX509  Encoding = "X.509"
)

// Info describes a key or certificate text. It holds nothing secret: of a private key it has
// only the public half.
type Info struct {
	Kind     Problem // ProblemPrivateKey, ProblemPublicKey or ProblemCertificate, which double as the names of kinds
	Encoding Encoding
	Armour   Armour
	Public   *rsa.PublicKey // never nil; for several certificates the leaf's
	// Certificates are those of the text, in file order: one, a chain, or Alipay's root
	// bundle as far as Go can read it.
	Certificates []CertificateInfo
	// RootSN is alipay_root_cert_sn when this is a bundle of several self-signed
	// certificates, else empty, because a single certificate has only its own number.
	RootSN string
	// Simulator means that a simulator made the key, so it must not be used in production,
	// see [SimulatorKeyMark].
	Simulator bool
}

// CertificateInfo holds the facts that a person compares with the console.
type CertificateInfo struct {
	SN                  string // Alipay's serial number, see [CertificateSN]
	Subject, Issuer     string // RFC 2253
	NotBefore, NotAfter time.Time
}

// Inspect reads any key or certificate text and describes it. It describes short keys too,
// because refusing them is a matter of use. The error is a [*KeyError].
func Inspect(text string) (Info, error) {
	read, wrong := readKeyText("key or certificate", text)
	if wrong != nil {
		return Info{}, wrong
	}
	item, wrong := read.subject()
	if wrong != nil {
		return Info{}, wrong
	}
	info := Info{Kind: item.kind(), Armour: read.armour, Simulator: IsSimulatorKey(text)}
	switch key := item.found.(type) {
	case *rsa.PrivateKey:
		info.Public, info.Encoding = &key.PublicKey, EncodingPKCS8
		if _, err := x509.ParsePKCS1PrivateKey(item.der); err == nil {
			info.Encoding = EncodingPKCS1
		}
	case *rsa.PublicKey:
		info.Public, info.Encoding = key, EncodingSPKI
		if _, err := x509.ParsePKCS1PublicKey(item.der); err == nil {
			info.Encoding = EncodingPKCS1
		}
	case *x509.Certificate:
		info.Encoding = EncodingX509
		if info.Public, _ = key.PublicKey.(*rsa.PublicKey); info.Public == nil {
			return Info{}, read.garbled(item.line, ProblemEC)
		}
	}
	info.describe(text, read.certificates())
	return info, nil
}

// subject returns the item that a question about the text is about: its private key first,
// because a file with one must not be passed on, then its leaf among certificates (among
// roots, the first with an RSA key), then its public key.
func (t *keyText) subject() (keyItem, *KeyError) {
	if _, item, wrong := only(*t, samePrivateKey); wrong == nil || wrong.Problem == ProblemSeveral {
		return item, wrong
	}
	all := t.certificates()
	for _, certificate := range all {
		if _, ok := certificate.PublicKey.(*rsa.PublicKey); ok {
			if leaf, wrong := t.leaf(); wrong == nil {
				return leaf.keyItem, nil
			}
			return certificate.keyItem, nil
		}
	}
	if len(all) > 0 {
		return all[0].keyItem, nil
	}
	_, item, wrong := only(*t, SamePublicKey)
	return item, wrong
}

func (info *Info) describe(text string, certificates []certificateItem) {
	roots := 0
	for _, certificate := range certificates {
		if isRoot(certificate.Certificate) {
			roots++
		}
		info.Certificates = append(info.Certificates, CertificateInfo{
			SN: CertificateSN(certificate.Certificate), Subject: certificate.Subject.String(), Issuer: certificate.Issuer.String(),
			NotBefore: certificate.NotBefore, NotAfter: certificate.NotAfter,
		})
	}
	if roots > 1 {
		info.RootSN, _ = RootCertificateSN(text) // empty when no root has an RSA key
	}
}
