package keys

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// signed reports whether an issuer's key made a certificate's signature.
func signed(issuer, other *x509.Certificate) bool {
	if public, ok := issuer.PublicKey.(PublicKey); !ok || SignTypeOf(public) != SM2 {
		return issuer.CheckSignature(other.SignatureAlgorithm, other.RawTBSCertificate, other.Signature) == nil
	}
	authority, err := smx509.ParseCertificate(issuer.Raw)
	if err != nil {
		return false
	}
	one, err := smx509.ParseCertificate(other.Raw)
	return err == nil && authority.CheckSignature(one.SignatureAlgorithm, one.RawTBSCertificate, one.Signature) == nil
}

// chainsAt finds the chains of a certificate that hold at a moment.
type chainsAt func(moment time.Time) ([][]*x509.Certificate, error)

// chainsOf returns the check of a certificate's chain, by the library that knows its algorithm. The
// one of SM2 sees no certificate of RSA's chains: they are checked by the standard library alone.
func chainsOf(leaf *x509.Certificate, anchors []*x509.Certificate, between []certificateItem) chainsAt {
	if public, ok := leaf.PublicKey.(PublicKey); ok && SignTypeOf(public) == SM2 {
		return chainsOfSM2(leaf, anchors, between)
	}
	options := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, anchor := range anchors {
		options.Roots.AddCert(anchor)
	}
	for _, certificate := range between {
		options.Intermediates.AddCert(certificate.Certificate)
	}
	return func(moment time.Time) ([][]*x509.Certificate, error) {
		options.CurrentTime = moment
		return leaf.Verify(options)
	}
}

func chainsOfSM2(leaf *x509.Certificate, anchors []*x509.Certificate, between []certificateItem) chainsAt {
	options := smx509.VerifyOptions{
		Roots: smx509.NewCertPool(), Intermediates: smx509.NewCertPool(), KeyUsages: []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny},
	}
	for _, anchor := range anchors {
		addRaw(options.Roots, anchor)
	}
	for _, certificate := range between {
		addRaw(options.Intermediates, certificate.Certificate)
	}
	return func(moment time.Time) ([][]*x509.Certificate, error) {
		one, err := smx509.ParseCertificate(leaf.Raw)
		if err != nil {
			return nil, err
		}
		options.CurrentTime = moment
		found, err := one.Verify(options)
		return plainChains(found), plainInvalid(err)
	}
}

// addRaw leaves out what can't be read, which then proves nothing.
func addRaw(pool *smx509.CertPool, certificate *x509.Certificate) {
	if read, err := smx509.ParseCertificate(certificate.Raw); err == nil {
		pool.AddCert(read)
	}
}

func plainChains(found [][]*smx509.Certificate) [][]*x509.Certificate {
	chains := make([][]*x509.Certificate, len(found))
	for i, chain := range found {
		for _, certificate := range chain {
			chains[i] = append(chains[i], plainCertificate(certificate))
		}
	}
	return chains
}

// plainInvalid turns an end that is against a chain into the standard library's error, so that the
// caller need know one.
func plainInvalid(err error) error {
	var invalid smx509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == smx509.Expired {
		return x509.CertificateInvalidError{Cert: plainCertificate(invalid.Cert), Reason: x509.Expired, Detail: invalid.Detail}
	}
	return err
}
