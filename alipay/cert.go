package alipay

import (
	"crypto/md5" //nolint:gosec // Alipay defines serial numbers as MD5; nothing is trusted because of them
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"time"
)

// AlipayKey is one key that Alipay may sign with. While keys are rotated an
// app has two: the old one stays until Alipay has stopped using it.
type AlipayKey struct { //nolint:revive // Alipay's, as against the application's own: "Key" would lose that
	Public *rsa.PublicKey

	// CertSN is the serial number of the certificate the key came in, empty in
	// public-key mode. A message that names it is checked with this key first.
	CertSN string

	// NotAfter is the end of the certificate, zero in public-key mode. It is
	// there to be warned about: a genuine message isn't refused because its
	// certificate ran out meanwhile, a key ends by being taken out.
	NotAfter time.Time
}

// ParseAlipayCertificate reads alipayCertPublicKey_RSA2.crt, the certificate of
// Alipay that belongs to one app. Of several certificates the first is the
// leaf. The error is a [*KeyError].
func ParseAlipayCertificate(text string, options ...KeyOption) (AlipayKey, error) {
	const wanted = "certificate"
	found, problem := readKeyText(text)
	if problem != noProblem {
		return AlipayKey{}, &KeyError{Wanted: wanted, Problem: problem}
	}
	certificate, ok := found.(*x509.Certificate)
	if !ok {
		return AlipayKey{}, &KeyError{Wanted: wanted, Problem: kindOf(found)}
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return AlipayKey{}, &KeyError{Wanted: wanted, Problem: ProblemEC}
	}
	if err := checkSize(wanted, key, options); err != nil {
		return AlipayKey{}, err
	}
	return AlipayKey{Public: key, CertSN: CertificateSN(certificate), NotAfter: certificate.NotAfter}, nil
}

// CertificateSN is Alipay's serial number of a certificate, 32 lower-case hex
// digits: the MD5 of the issuer's RFC 2253 name and the decimal serial number.
// The parameters app_cert_sn and alipay_cert_sn carry it.
func CertificateSN(certificate *x509.Certificate) string {
	sum := md5.Sum([]byte(certificate.Issuer.String() + certificate.SerialNumber.String())) //nolint:gosec // see import
	return hex.EncodeToString(sum[:])
}

// ErrNoRootCertificate says that a root bundle holds no RSA certificate.
var ErrNoRootCertificate = errors.New("no RSA root certificate found: take alipayRootCert.crt as Alipay gives it out")

// RootCertificateSN is the serial number of Alipay's root bundle, the value of
// alipay_root_cert_sn: those of its RSA certificates, in file order, joined by
// underscores. The SM2 root that comes first is skipped, as the Java SDK skips
// it; Go can't even parse it.
func RootCertificateSN(bundle string) (string, error) {
	var numbers []string
	for _, certificate := range readBundle(bundle) {
		if signedWithRSA(certificate) {
			numbers = append(numbers, CertificateSN(certificate))
		}
	}
	if len(numbers) == 0 {
		return "", ErrNoRootCertificate
	}
	return strings.Join(numbers, "_"), nil
}

// readBundle reads every certificate of a PEM bundle that Go can parse.
func readBundle(bundle string) []*x509.Certificate {
	var certificates []*x509.Certificate
	rest := []byte(bundle)
	if len(rest) > MaxKeyText {
		return nil
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return certificates
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, certificate)
		}
	}
}

// rsaFamily is 1.2.840.113549.1.1, the arc of RSA's signature algorithms.
var rsaFamily = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1}

// signedWithRSA tells by the object identifier, as the rule is written, and not
// by x509's enumeration, which doesn't know every member of the arc.
func signedWithRSA(certificate *x509.Certificate) bool {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm struct {
			ID         asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(certificate.Raw, &outer); err != nil {
		return false
	}
	id := outer.Algorithm.ID
	return len(id) > len(rsaFamily) && id[:len(rsaFamily)].Equal(rsaFamily)
}
