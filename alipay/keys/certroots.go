package keys

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// ErrNoRootCertificate means that a root bundle holds no certificate of the app's algorithm,
// without which nothing can be proven.
var ErrNoRootCertificate = errors.New("no root certificate of the app's algorithm found: take alipayRootCert.crt as Alipay gives it out")

// RootCertificateSN returns the serial number of Alipay's root bundle, the value of
// alipay_root_cert_sn: those of the certificates that are signed by the app's algorithm, RSA2 or
// SM2, in file order, joined by underscores, as the Java SDK does. A bundle that holds anything
// but roots is refused. The error wraps [ErrNoRootCertificate] or is a [*KeyError].
func RootCertificateSN(bundle string, t SignType) (string, error) {
	roots, err := readRoots(bundle, t)
	if err != nil {
		return "", err
	}
	numbers := make([]string, len(roots))
	for i, root := range roots {
		numbers[i] = CertificateSN(root)
	}
	return strings.Join(numbers, "_"), nil
}

// readRoots returns the roots of a bundle that count for one algorithm. Trust and the serial number both use it, so
// that they can't be about different certificates.
func readRoots(bundle string, t SignType) ([]*x509.Certificate, error) {
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
		case isCertificate && signedWithin(certificate, t):
			roots = append(roots, certificate)
		case isCertificate, item.problem == ProblemDamaged, item.problem == ProblemUnknown: // of another family, so neither trusted nor numbered
		default:
			return nil, read.garbled(item.line, item.kind())
		}
	}
	if len(roots) == 0 {
		return nil, ErrNoRootCertificate
	}
	return roots, nil
}

// isRoot reports whether a certificate is its own issuer. The signature isn't checked,
// because anyone can sign themselves; a root is trusted because it was configured.
func isRoot(certificate *x509.Certificate) bool {
	authority := certificate.IsCA || certificate.Version < 3 // before version 3 a certificate can't say so
	return authority && bytes.Equal(certificate.RawIssuer, certificate.RawSubject)
}
