package keys

import (
	"crypto/md5" //nolint:gosec // Alipay defines serial numbers as MD5; nothing is trusted because of them
	"crypto/x509"
	"encoding/hex"
	"time"
)

// AlipayKey is one key that Alipay may sign with. An app has two during a rotation, since the
// old one is valid until Alipay has stopped using it.
type AlipayKey struct {
	Public PublicKey

	// CertSN is the serial number of the certificate that the key came in, empty in
	// public-key mode. A message that names it is checked with this key first, so that fewer
	// checks fail.
	CertSN string

	// NotAfter is the end of the certificate, zero in public-key mode. It is only for
	// warnings: a genuine message isn't refused because its certificate has expired
	// meanwhile. A key is retired by removing it.
	NotAfter time.Time
}

// ParseAlipayCertificate reads alipayCertPublicKey_RSA2.crt (or its like for SM2), the certificate of Alipay that
// belongs to one app, or the application's own. Of several certificates it takes the leaf,
// wherever it stands, because files differ in their order. The error is a [*KeyError]. It
// proves nothing about the issuer: see [ProveAlipayCertificate].
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

func (t *keyText) alipayKey(leaf certificateItem, options []Option) (AlipayKey, error) {
	key, ok := leaf.PublicKey.(PublicKey)
	if !ok || SignTypeOf(key) == "" {
		return AlipayKey{}, t.garbled(leaf.line, ProblemEC)
	}
	if err := t.checkSize(leaf.keyItem, key, options); err != nil {
		return AlipayKey{}, err
	}
	return AlipayKey{Public: key, CertSN: CertificateSN(leaf.Certificate), NotAfter: leaf.NotAfter}, nil
}

// CertificateSN returns Alipay's serial number of a certificate, 32 lower-case hex digits:
// the MD5 of the issuer's RFC 2253 name and the decimal serial number. The parameters
// app_cert_sn and alipay_cert_sn carry it, so it has to agree to the letter.
func CertificateSN(certificate *x509.Certificate) string {
	sum := md5.Sum([]byte(certificate.Issuer.String() + certificate.SerialNumber.String())) //nolint:gosec // see import
	return hex.EncodeToString(sum[:])
}
