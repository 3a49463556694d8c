package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// PublicKey is what signatures are verified with: an *rsa.PublicKey, or an *ecdsa.PublicKey on
// the curve sm2p256v1. The key decides about the algorithm, see [SignTypeOf], so that no message
// can choose one.
type PublicKey interface {
	Equal(other crypto.PublicKey) bool
}

// PrivateKey is what an application signs with: an *rsa.PrivateKey or an *sm2.PrivateKey.
type PrivateKey interface {
	crypto.Signer
	Equal(other crypto.PrivateKey) bool
}

// PublicOf returns the public half of a key, nil for no key, so that a missing half matches nothing.
func PublicOf(key PrivateKey) PublicKey {
	if key == nil {
		return nil
	}
	public, _ := key.Public().(PublicKey)
	return public
}

// SamePublicKey reports whether two public keys are the same key; nil equals nothing, so a
// missing key never matches.
func SamePublicKey(a, b PublicKey) bool {
	return a != nil && b != nil && a.Equal(b)
}

// SignTypeOf returns the sign_type of an app that has this key: RSA2 or SM2, or empty for a key
// of which Alipay knows no use. The console has one setting, 接口加签方式, for both directions.
func SignTypeOf(key PublicKey) SignType {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return RSA2
	case *ecdsa.PublicKey:
		if sm2.IsSM2PublicKey(key) {
			return SM2
		}
	}
	return ""
}

// Fits reports whether a key can make signatures of a type. RSA keys make RSA's too, which only
// an app that opted in accepts.
func (t SignType) Fits(key PublicKey) bool {
	own := SignTypeOf(key)
	return own != "" && (t == own || t == RSA && own == RSA2)
}

// Bits returns the length of a key as people know it: that of its modulus, or 256 for SM2.
func Bits(key PublicKey) int {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen()
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize
	}
	return 0
}

// CheckPair returns what is wrong with an application's private key beside the keys that are taken
// for Alipay's, because a call that fails for it is answered with a signature error that says
// neither. The error is [ErrApplicationKey] or [ErrMixedKeys].
func CheckPair(own PublicKey, alipays ...PublicKey) error {
	for _, key := range alipays {
		switch {
		case SamePublicKey(key, own):
			return ErrApplicationKey
		case SignTypeOf(key) != SignTypeOf(own):
			return ErrMixedKeys
		}
	}
	return nil
}

// MarshalPublicKey returns the SPKI form of a public key, which the console takes and shows.
func MarshalPublicKey(key PublicKey) ([]byte, error) {
	if SignTypeOf(key) == SM2 {
		return smx509.MarshalPKIXPublicKey(key)
	}
	return x509.MarshalPKIXPublicKey(key)
}

// MarshalPrivateKey returns the PKCS #8 form of a private key, which every SDK of Alipay's reads.
func MarshalPrivateKey(key PrivateKey) ([]byte, error) {
	if SignTypeOf(PublicOf(key)) == SM2 {
		return smx509.MarshalPKCS8PrivateKey(key)
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// Generate makes a pair for a sign_type, RSA2 or SM2. Bits are those of an RSA key; SM2 has one length.
func Generate(t SignType, bits int) (PrivateKey, error) {
	if t == SM2 {
		return sm2.GenerateKey(rand.Reader)
	}
	if t == RSA2 {
		return rsa.GenerateKey(rand.Reader, bits)
	}
	return nil, ErrSignType
}

// Errors about keys that are each in order and don't belong together, distinct because each has a
// remedy of its own.
var (
	// ErrApplicationKey means that the application's own public key was given as Alipay's. It is the
	// commonest reason why every signature seems wrong.
	ErrApplicationKey = errors.New("this is the application's own public key, not Alipay's: " +
		"copy the Alipay public key (支付宝公钥) from the app's settings in the console")
	// ErrMixedKeys means that keys of one app are of two algorithms. If it were allowed, a message
	// could choose the weaker one.
	ErrMixedKeys = errors.New("one key is RSA and another SM2: an app has one algorithm for both directions (接口加签方式), " +
		"so take both keys from the same setting of the console")
)
