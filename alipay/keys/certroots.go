package keys

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// ErrNoRootCertificate says that a root bundle holds no RSA certificate.
var ErrNoRootCertificate = errors.New("no RSA root certificate found: take alipayRootCert.crt as Alipay gives it out")

// RootCertificateSN is the serial number of Alipay's root bundle, the value of
// alipay_root_cert_sn: those of its RSA certificates, in file order, joined by
// underscores. The SM2 root that comes first is skipped, as the Java SDK skips
// it; Go can't even parse it. A bundle that holds anything but roots is refused.
// The error wraps [ErrNoRootCertificate] or is a [*KeyError].
func RootCertificateSN(bundle string) (string, error) {
	roots, err := readRoots(bundle)
	if err != nil {
		return "", err
	}
	numbers := make([]string, len(roots))
	for i, root := range roots {
		numbers[i] = CertificateSN(root)
	}
	return strings.Join(numbers, "_"), nil
}

// readRoots gives the RSA roots of a bundle. They are what is trusted and what the
// serial number is made of, so both come from here.
func readRoots(bundle string) ([]*x509.Certificate, error) {
	read, wrong := readKeyText("root certificate", bundle)
	if wrong != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRootCertificate, wrong)
	}
	var roots []*x509.Certificate
	for _, item := range read.items {
		certificate, isCertificate := item.found.(*x509.Certificate)
		switch {
		case isCertificate && !isRoot(certificate):
			return nil, read.garbled(item.line, ProblemNotRoot)
		case isCertificate && signedWithRSA(certificate):
			roots = append(roots, certificate)
		case isCertificate, item.problem == ProblemEC, item.problem == ProblemUnknown: // of another family
		default:
			return nil, read.garbled(item.line, item.kind())
		}
	}
	if len(roots) == 0 {
		return nil, ErrNoRootCertificate
	}
	return roots, nil
}

// isRoot tells whether a certificate is its own issuer. That it signed itself proves
// nothing, for anyone can sign themselves; a root is trusted because it was configured.
func isRoot(certificate *x509.Certificate) bool {
	authority := certificate.IsCA || certificate.Version < 3 // which could not say so
	return authority && bytes.Equal(certificate.RawIssuer, certificate.RawSubject)
}
