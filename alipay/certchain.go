package alipay

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"
)

// VerifyCertificate checks that a certificate, with whatever certificates come
// after it in the text, leads to an RSA root of Alipay's bundle, and that every
// one of them is valid at the given time. A certificate that was downloaded by
// its serial number (alipay.open.app.alipaycert.download) must pass it before
// its key is used.
func VerifyCertificate(chain, roots string, at time.Time) error {
	certificates := readBundle(chain)
	if len(certificates) == 0 {
		found, problem := readKeyText(chain)
		if problem == noProblem {
			problem = kindOf(found)
		}
		return &KeyError{Wanted: "certificate", Problem: problem}
	}
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	trusted := 0
	for _, root := range readBundle(roots) {
		if signedWithRSA(root) {
			options.Roots.AddCert(root)
			trusted++
		}
	}
	if trusted == 0 {
		return ErrNoRootCertificate
	}
	for _, certificate := range certificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	if _, err := certificates[0].Verify(options); err != nil {
		return fmt.Errorf("check the certificate chain against Alipay's roots: %w", err)
	}
	return nil
}

// DecodeDownloadedCertificate reads alipay_cert_content, the answer of
// alipay.open.app.alipaycert.download: base64 of PEM. The result still has to
// pass [VerifyCertificate].
func DecodeDownloadedCertificate(content string) (string, error) {
	text, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return "", &KeyError{Wanted: "certificate", Problem: ProblemNotBase64}
	}
	return string(text), nil
}
