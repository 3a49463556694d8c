package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// sm2UserID is the identity that the digest of an SM2 signature begins with, the default of the
// standard. Alipay uses no other.
const sm2UserID = "1234567812345678"

// signSM2 signs as SM3withSM2 does: the digest is over the user ID and the public key, then the
// text. The signature is in DER.
func signSM2(key PrivateKey, text []byte) ([]byte, error) {
	return key.Sign(rand.Reader, text, sm2.NewSM2SignerOption(true, []byte(sm2UserID)))
}

func digestSM2(key *ecdsa.PublicKey, text []byte) ([]byte, error) {
	return sm2.CalculateSM2Hash(key, text, []byte(sm2UserID))
}

// A signature in DER is a sequence of two integers of 1 to 33 bytes each; another length costs no
// check.
const (
	minSM2Signature = 8
	maxSM2Signature = 72
)

// parseSM2 tries the encodings of a key or certificate on the SM2 curve, which the standard
// library refuses. It returns nil for what is on another curve: that is the library's to read.
func parseSM2(der []byte) any {
	if key, err := smx509.ParsePKCS8PrivateKey(der); err == nil {
		return onSM2(key)
	}
	if key, err := smx509.ParseTypedECPrivateKey(der); err == nil {
		return onSM2(key)
	}
	if key, err := smx509.ParsePKIXPublicKey(der); err == nil {
		return onSM2(key)
	}
	if certificate, err := smx509.ParseCertificate(der); err == nil {
		return plainCertificate(certificate)
	}
	if request, err := smx509.ParseCertificateRequest(der); err == nil && onSM2(request.PublicKey) != nil {
		return &x509.CertificateRequest{Raw: request.Raw, Subject: request.Subject, PublicKey: request.PublicKey}
	}
	return nil
}

func onSM2(key crypto.PublicKey) any {
	switch key := key.(type) {
	case *sm2.PrivateKey:
		return key
	case *ecdsa.PublicKey:
		if sm2.IsSM2PublicKey(key) {
			return key
		}
	}
	return nil
}

// plainCertificate returns what is read of a certificate as the standard library's type, so that
// all but the check of a chain is one code for both algorithms. A chain is checked with
// [smx509] over Raw.
func plainCertificate(c *smx509.Certificate) *x509.Certificate {
	return &x509.Certificate{
		Raw: c.Raw, RawTBSCertificate: c.RawTBSCertificate, RawSubject: c.RawSubject, RawIssuer: c.RawIssuer,
		Signature: c.Signature, PublicKey: c.PublicKey, Version: c.Version, SerialNumber: c.SerialNumber,
		Issuer: c.Issuer, Subject: c.Subject, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		BasicConstraintsValid: c.BasicConstraintsValid, IsCA: c.IsCA,
	}
}

// The arcs of the signature algorithms that count a root among those of an app's algorithm.
var rootFamilies = map[SignType]asn1.ObjectIdentifier{
	RSA2: {1, 2, 840, 113549, 1, 1},
	SM2:  {1, 2, 156, 10197, 1, 501},
}

// signedWithin reports whether a certificate's signature algorithm lies in the arc of an app's
// algorithm. It compares the object identifier, as Alipay's rule is written, because x509's
// enumeration doesn't contain every member of an arc. SM3withSM2 is the arc itself.
func signedWithin(certificate *x509.Certificate, t SignType) bool {
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
	arc, id := rootFamilies[t], outer.Algorithm.ID
	return len(arc) > 0 && len(id) >= len(arc) && id[:len(arc)].Equal(arc)
}
