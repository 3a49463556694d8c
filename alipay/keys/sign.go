package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // sign_type RSA is SHA-1; only apps that opted in use it
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/emmansun/gmsm/sm2"
)

// SignType is Alipay's name of a signature algorithm. It is a type, so that a message's own
// word is not used unchecked.
type SignType string

// The signature algorithms. Both of RSA have PKCS #1 v1.5 padding, because Alipay offers no other.
const (
	RSA2 SignType = "RSA2" // SHA-256, keys of 2048 bits or more
	SM2  SignType = "SM2"  // 国密: SM3withSM2 with the default user ID, the signature in DER
	RSA  SignType = "RSA"  // SHA-1, obsolete: used only where an app opted in
)

// SignTypes returns every algorithm that this package supports, the obsolete one last, so
// that it is tried last.
func SignTypes() []SignType { return []SignType{RSA2, SM2, RSA} }

// Errors of [Verify]. The first two mean that no signature check was made, because the
// signature itself is unreadable.
var (
	ErrSignatureEncoding = errors.New("the signature is not base64 (standard alphabet, padded): hand it over exactly as it was received")
	ErrSignatureSpaces   = errors.New("the signature contains spaces: the + was decoded to a space upstream, so hand over the body exactly as it was received")
	ErrSignature         = errors.New("the signature does not belong to this text and key: check that the key is Alipay's public key of this app, not the application's own")
	ErrSignType          = errors.New("the sign_type is unknown or does not fit the key: RSA2 and RSA need an RSA key, SM2 needs an SM2 key")
)

// Sign signs text with an application's private key and returns the signature in base64 on
// one line, as the parameter sign carries it. The text has to be in the charset of the
// request already, because Alipay verifies bytes.
func Sign(key PrivateKey, t SignType, text []byte) (string, error) {
	if !t.Fits(PublicOf(key)) {
		return "", fmt.Errorf("sign: %w", ErrSignType)
	}
	signature, err := signRaw(key, t, text)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", t, err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

func signRaw(key PrivateKey, t SignType, text []byte) ([]byte, error) {
	if t == SM2 {
		return signSM2(key, text)
	}
	digest, hash := t.digestRSA(text)
	return key.Sign(rand.Reader, digest, hash)
}

// Verify checks a base64 signature over text. The algorithm is the caller's choice and never
// the sender's, who could otherwise choose the weaker one. The error is nil, or wraps
// [ErrSignature], [ErrSignatureEncoding], [ErrSignatureSpaces] or [ErrSignType].
func Verify(key PublicKey, t SignType, text []byte, signature string) error {
	raw, err := DecodeSignature(signature)
	if err != nil {
		return err
	}
	digest, err := t.Digest(key, text)
	if err != nil {
		return err
	}
	if !t.VerifyDigest(key, digest, raw) {
		return ErrSignature
	}
	return nil
}

// Digest hashes text with the algorithm that t names, so that a verifier hashes a text once for
// several keys. An SM2 digest begins with the key and belongs to that one alone: see
// [SignType.SharesDigest].
func (t SignType) Digest(key PublicKey, text []byte) ([]byte, error) {
	if !t.Fits(key) {
		return nil, ErrSignType
	}
	if on, ok := key.(*ecdsa.PublicKey); ok {
		return digestSM2(on, text)
	}
	digest, _ := t.digestRSA(text)
	return digest, nil
}

// SharesDigest reports whether a text has the same digest under every key.
func (t SignType) SharesDigest() bool { return t != SM2 }

// CouldBe reports whether a signature of a key can have this length. Others are not checked, so
// that they cost nothing.
func (t SignType) CouldBe(key PublicKey, signature []byte) bool {
	if known, ok := key.(*rsa.PublicKey); ok && t != SM2 {
		return known.Size() == len(signature)
	}
	return t.Fits(key) && len(signature) >= minSM2Signature && len(signature) <= maxSM2Signature
}

// VerifyDigest reports whether a key made a signature over what [SignType.Digest] returned for it.
func (t SignType) VerifyDigest(key PublicKey, digest, signature []byte) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return t != SM2 && rsa.VerifyPKCS1v15(key, t.hash(), digest, signature) == nil
	case *ecdsa.PublicKey:
		return t.Fits(key) && sm2.VerifyASN1(key, digest, signature)
	}
	return false
}

func (t SignType) hash() crypto.Hash {
	if t == RSA {
		return crypto.SHA1
	}
	return crypto.SHA256
}

func (t SignType) digestRSA(text []byte) ([]byte, crypto.Hash) {
	if t == RSA {
		sum := sha1.Sum(text) //nolint:gosec // the algorithm of sign_type RSA, opt-in
		return sum[:], crypto.SHA1
	}
	sum := sha256.Sum256(text)
	return sum[:], crypto.SHA256
}

// strictBase64 accepts one spelling for each signature. Without Strict the last character has
// several, so that one signature would have several bodies.
var strictBase64 = base64.StdEncoding.Strict()

// DecodeSignature reads base64 strictly. Line breaks are allowed, because some senders wrap
// at 76 characters. Spaces are not repaired: a body in which + became a space has lost more
// than its sign.
func DecodeSignature(text string) ([]byte, error) {
	if strings.IndexByte(text, ' ') >= 0 {
		return nil, ErrSignatureSpaces
	}
	raw, err := strictBase64.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil, ErrSignatureEncoding
	}
	return raw, nil
}
