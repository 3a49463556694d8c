package keys

import (
	"crypto/md5" //nolint:gosec // Alipay defines serial numbers as MD5; nothing is trusted because of them
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"time"
)

// AlipayKey is one key that Alipay may sign with. While keys are rotated an
// app has two: the old one stays until Alipay has stopped using it.
type AlipayKey struct {
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
// Alipay that belongs to one app, or the application's own. Of several certificates
// the leaf counts, wherever it stands: the one that issued none of the others. The
// error is a [*KeyError]. Nothing is proven by it: see [ProveAlipayCertificate].
func ParseAlipayCertificate(text string, options ...Option) (AlipayKey, error) {
	read, wrong := readKeyText("certificate", text)
	if wrong != nil {
		return AlipayKey{}, wrong
	}
	leaf, wrong := read.leaf()
	if wrong != nil {
		return AlipayKey{}, wrong
	}
	return read.alipayKey(leaf, options)
}

// alipayKey takes the key out of a certificate.
func (t *keyText) alipayKey(leaf certificateItem, options []Option) (AlipayKey, error) {
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return AlipayKey{}, t.garbled(leaf.line, ProblemEC)
	}
	if err := t.checkSize(leaf.keyItem, key, options); err != nil {
		return AlipayKey{}, err
	}
	return AlipayKey{Public: key, CertSN: CertificateSN(leaf.Certificate), NotAfter: leaf.NotAfter}, nil
}

// CertificateSN is Alipay's serial number of a certificate, 32 lower-case hex
// digits: the MD5 of the issuer's RFC 2253 name and the decimal serial number.
// The parameters app_cert_sn and alipay_cert_sn carry it.
func CertificateSN(certificate *x509.Certificate) string {
	sum := md5.Sum([]byte(certificate.Issuer.String() + certificate.SerialNumber.String())) //nolint:gosec // see import
	return hex.EncodeToString(sum[:])
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
