package keys

import (
	"crypto/rsa"
	"crypto/x509"
	"time"
)

// Encoding names how a key or certificate is written.
type Encoding string

// The encodings that Alipay's tools and console hand out.
const (
	EncodingPKCS1 Encoding = "PKCS #1"
	EncodingPKCS8 Encoding = "PKCS #8"
	EncodingSPKI  Encoding = "SPKI"
	EncodingX509  Encoding = "X.509"
)

// Encodings lists every encoding.
func Encodings() []Encoding {
	return []Encoding{EncodingPKCS1, EncodingPKCS8, EncodingSPKI, EncodingX509}
}

// Info says what a key or certificate text is. It holds nothing secret: of
// a private key only the public half is in it.
type Info struct {
	Kind     Problem // ProblemPrivateKey, ProblemPublicKey or ProblemCertificate: named by what they are where another was wanted
	Encoding Encoding
	Armour   Armour
	Public   *rsa.PublicKey // never nil; of several certificates the leaf's
	// Certificates are what the text holds, in file order: one, a chain, or
	// Alipay's root bundle as far as Go can read it.
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

// Inspect reads any key or certificate text and says what it is. Short keys
// are described, not refused. The error is a [*KeyError].
func Inspect(text string) (Info, error) {
	read, wrong := readKeyText("key or certificate", text)
	if wrong != nil {
		return Info{}, wrong
	}
	item, wrong := read.foremost()
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

// foremost is the thing that a text is asked about: its private key, or its leaf
// among certificates (among roots, the first with an RSA key), or its public key.
func (t *keyText) foremost() (keyItem, *KeyError) {
	if _, item, wrong := theOne(*t, samePrivateKey); wrong == nil || wrong.Problem == ProblemSeveral {
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
	_, item, wrong := theOne(*t, SamePublicKey)
	return item, wrong
}

// describe fills in the certificates.
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
		info.RootSN, _ = RootCertificateSN(text) // empty when none of them is RSA's
	}
}
