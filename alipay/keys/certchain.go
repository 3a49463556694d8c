package keys

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrForeignCertificate means that the roots don't prove a certificate, so its key must not
// verify anything.
var ErrForeignCertificate = errors.New("its chain does not end at Alipay's roots (alipayRootCert.crt): " +
	"download both from the console of this app, and keep the issuer's certificate that stands in the same file")

// ErrCertificateRanOut means that a certificate has expired. It is an error only for a new
// certificate; a known one keeps verifying.
var ErrCertificateRanOut = errors.New("the certificate has run out")

type certificateItem struct {
	*x509.Certificate
	keyItem
}

// certificates returns those of the text in its order, each once, because files repeat the
// issuer.
func (t *keyText) certificates() []certificateItem {
	var list []certificateItem
	for _, item := range t.items {
		certificate, ok := item.found.(*x509.Certificate)
		if ok && !slices.ContainsFunc(list, func(c certificateItem) bool { return c.Equal(certificate) }) {
			list = append(list, certificateItem{certificate, item})
		}
	}
	return list
}

// leaf returns the certificate that the others are there to prove: the one that issued none
// of them. Its position doesn't matter, because files have the leaf first or last.
func (t *keyText) leaf() (certificateItem, *KeyError) {
	all := t.certificates()
	if len(all) == 0 {
		return certificateItem{}, t.missing()
	}
	leaves := slices.DeleteFunc(slices.Clone(all), func(c certificateItem) bool {
		return slices.ContainsFunc(all, func(other certificateItem) bool { return issued(c.Certificate, other.Certificate) })
	})
	if len(leaves) > 1 { // an authority whose own issue is elsewhere
		leaves = slices.DeleteFunc(leaves, func(c certificateItem) bool { return isAuthority(c.Certificate) })
	}
	if len(leaves) != 1 {
		return certificateItem{}, t.garbled(append(leaves, all...)[min(1, len(all)-1)].line, ProblemSeveral)
	}
	return leaves[0], nil
}

func issued(issuer, other *x509.Certificate) bool {
	return issuer != other && string(issuer.RawSubject) == string(other.RawIssuer) && signed(issuer, other)
}

func isAuthority(certificate *x509.Certificate) bool {
	return certificate.BasicConstraintsValid && certificate.IsCA
}

// ProveAlipayCertificate reads a certificate of Alipay's as [ParseAlipayCertificate] does,
// and proves that it leads to a root of Alipay's bundle, one of the same algorithm, by way of the
// certificates in the same text. The certificate that is proven is the one whose key is returned. A
// certificate that expired before the given time is proven as of its end; the key's NotAfter
// is the first end in its chain, so the caller can tell.
//
// The error is a [*KeyError], or wraps [ErrForeignCertificate] or, where the bundle is at
// fault, [ErrNoRootCertificate].
func ProveAlipayCertificate(text, roots string, at time.Time) (AlipayKey, error) {
	read, wrong := readKeyText("certificate", text)
	if wrong != nil {
		return AlipayKey{}, wrong
	}
	leaf, wrong := read.leaf()
	if wrong != nil {
		return AlipayKey{}, wrong
	}
	public, _ := leaf.PublicKey.(PublicKey)
	if SignTypeOf(public) == "" {
		return AlipayKey{}, read.garbled(leaf.line, ProblemEC)
	}
	anchors, err := readRoots(roots, SignTypeOf(public))
	if err != nil {
		return AlipayKey{}, err
	}
	ends, err := read.proven(leaf.Certificate, anchors, at)
	if err != nil {
		return AlipayKey{}, err
	}
	if isAuthority(leaf.Certificate) {
		return AlipayKey{}, read.garbled(leaf.line, ProblemAuthority)
	}
	key, err := read.alipayKey(leaf, nil)
	key.NotAfter = ends
	return key, err
}

// proven checks the chain of a certificate and returns the first end in it. Where only time
// is against the chain, it is checked at the latest earlier moment at which it held, because
// an expired certificate is still Alipay's.
func (t *keyText) proven(leaf *x509.Certificate, anchors []*x509.Certificate, at time.Time) (ends time.Time, err error) {
	between := t.certificates()
	chains := chainsOf(leaf, anchors, between)
	moments := []time.Time{at}
	for _, anchor := range anchors {
		moments = append(moments, anchor.NotAfter)
	}
	for _, certificate := range between {
		moments = append(moments, certificate.NotAfter)
	}
	slices.SortFunc(moments, func(a, b time.Time) int { return b.Compare(a) })
	for _, moment := range moments {
		if moment.After(at) {
			continue
		}
		found, failed := chains(moment)
		if failed == nil {
			return firstEnd(found), nil
		}
		if err == nil {
			err = unproven(failed)
		}
	}
	return time.Time{}, err
}

// unproven returns the error for a chain that does not hold. A certificate of the future has
// advice of its own, because a wrong clock is the likely reason.
func unproven(failed error) error {
	var invalid x509.CertificateInvalidError
	if errors.As(failed, &invalid) && invalid.Reason == x509.Expired { // expired ones hold as of their end, so this one is not valid yet
		return fmt.Errorf("it is not valid yet: set this machine's clock right, or wait: %w", failed)
	}
	return fmt.Errorf("%w: %w", ErrForeignCertificate, failed)
}

// firstEnd returns when the longest-lived of several chains ends, because one valid chain is
// enough.
func firstEnd(chains [][]*x509.Certificate) (ends time.Time) {
	for _, chain := range chains {
		first := chain[0].NotAfter
		for _, certificate := range chain {
			if certificate.NotAfter.Before(first) {
				first = certificate.NotAfter
			}
		}
		if first.After(ends) {
			ends = first
		}
	}
	return ends
}

// DecodeDownloadedCertificate reads alipay_cert_content of the answer of
// alipay.open.app.alipaycert.download: base64 of PEM. The result still has to pass
// [ProveAlipayCertificate], because it came over the network.
func DecodeDownloadedCertificate(content string) (string, error) {
	text, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return "", &KeyError{Wanted: "certificate", Problem: ProblemNotBase64}
	}
	return string(text), nil
}
