package wire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// An app has one algorithm, the console's 接口加签方式, and its keys show which. What a request
// names is compared with it and never chooses anything.
const (
	SignRSA2 = "RSA2" // SHA256withRSA, PKCS#1 v1.5
	SignSM2  = "SM2"  // SM3withSM2 under the default user ID, the signature in DER
)

// PublicKey is an *rsa.PublicKey, or an *ecdsa.PublicKey on the curve sm2p256v1.
type PublicKey interface {
	Equal(other crypto.PublicKey) bool
}

// PrivateKey is an *rsa.PrivateKey or an *sm2.PrivateKey.
type PrivateKey = crypto.Signer

// SignTypeOf is the algorithm of a key.
func SignTypeOf(key crypto.PublicKey) string {
	if _, onCurve := key.(*ecdsa.PublicKey); onCurve {
		return SignSM2
	}
	return SignRSA2
}

// userID is what the standard says where nobody says otherwise; the platform says nothing.
var userID = []byte("1234567812345678")

func signBytes(key PrivateKey, text []byte) ([]byte, error) {
	switch key := key.(type) {
	case *sm2.PrivateKey:
		return key.SignMessage(rand.Reader, text, sm2.NewSM2SignerOption(true, userID))
	case *rsa.PrivateKey:
		digest := sha256.Sum256(text)
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	}
	return nil, errors.New("the key is neither RSA nor SM2")
}

func verifyBytes(key PublicKey, text, signature []byte) error {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if !sm2.IsSM2PublicKey(key) || !sm2.VerifyASN1WithSM2(key, userID, text, signature) {
			return errors.New("sm2: verification error")
		}
		return nil
	case *rsa.PublicKey:
		digest := sha256.Sum256(text)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	}
	return errors.New("the key is neither RSA nor SM2")
}

// MarshalPublicKey is the form of a public key that the console shows.
func MarshalPublicKey(key PublicKey) ([]byte, error) {
	if SignTypeOf(key) == SignSM2 {
		return smx509.MarshalPKIXPublicKey(key)
	}
	return x509.MarshalPKIXPublicKey(key)
}
