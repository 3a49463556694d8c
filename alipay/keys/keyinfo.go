package keys

import (
	"crypto/x509"
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// Encoding is the name of the format inside the armour. [Inspect] shows it, because tools
// differ in what they accept.
type Encoding string

// The encodings that Alipay's tools and console produce.
const (
	EncodingPKCS1 Encoding = "PKCS #1"
	EncodingPKCS8 Encoding = "PKCS #8"
	EncodingSEC1  Encoding = "SEC 1"
	EncodingSPKI  Encoding = "SPKI"
	EncodingX509  Encoding = "X.509"
)

// Info describes a key or certificate text. It is safe to print, because of a private key it
// has only the public half.
type Info struct {
	Kind     Problem // a Problem, because the same kinds are named where another was wanted
	Encoding Encoding
	Armour   Armour
	Public   PublicKey
	// Certificates are those of the text, in file order so that a person finds them: one, a
	// chain, or Alipay's root bundle as far as Go can read it.
	Certificates []CertificateInfo
	// RootSN is alipay_root_cert_sn of an RSA2 app when this is a bundle of several self-signed
	// certificates, else empty, because a single certificate has only its own number. RootSNSM2 is
	// that of an SM2 app.
	RootSN, RootSNSM2 string
	// Simulator means that a simulator made the key, so it must not be used in production,
	// see [SimulatorKeyMark].
	Simulator bool
}

// CertificateInfo holds the facts that a person compares with the console, because a wrong
// download looks like the right one.
type CertificateInfo struct {
	SN                  string
	Subject, Issuer     string
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
	if !info.identify(item) {
		return Info{}, read.garbled(item.line, ProblemEC)
	}
	info.describe(text, read.certificates())
	return info, nil
}

// identify sets the key and its encoding, and reports whether it is of an algorithm of Alipay's.
func (info *Info) identify(item keyItem) bool {
	switch key := item.found.(type) {
	case PrivateKey:
		info.Public, info.Encoding = PublicOf(key), EncodingPKCS8
		if _, err := x509.ParsePKCS1PrivateKey(item.der); err == nil {
			info.Encoding = EncodingPKCS1
		} else if _, err := smx509.ParseECPrivateKey(item.der); err == nil {
			info.Encoding = EncodingSEC1
		}
	case PublicKey:
		info.Public, info.Encoding = key, EncodingSPKI
		if _, err := x509.ParsePKCS1PublicKey(item.der); err == nil {
			info.Encoding = EncodingPKCS1
		}
	case *x509.Certificate:
		info.Public, _ = key.PublicKey.(PublicKey)
		info.Encoding = EncodingX509
	default:
		return true // a request, which has a key that nobody asks about
	}
	return SignTypeOf(info.Public) != ""
}

// subject returns the item that a question about the text is about: its private key first,
// because a file with one must not be passed on, then its leaf among certificates (among
// roots, the first with a key of ours), then its public key.
func (t *keyText) subject() (keyItem, *KeyError) {
	if _, item, wrong := t.privateKey(); wrong == nil || wrong.Problem == ProblemSeveral {
		return item, wrong
	}
	all := t.certificates()
	for _, certificate := range all {
		if public, ok := certificate.PublicKey.(PublicKey); ok && SignTypeOf(public) != "" {
			if leaf, wrong := t.leaf(); wrong == nil {
				return leaf.keyItem, nil
			}
			return certificate.keyItem, nil
		}
	}
	if len(all) > 0 {
		return all[0].keyItem, nil
	}
	_, item, wrong := t.publicKey()
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
		info.RootSN, _ = RootCertificateSN(text, RSA2)
		info.RootSNSM2, _ = RootCertificateSN(text, SM2)
	}
}
