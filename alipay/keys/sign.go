package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // sign_type RSA is SHA-1; only apps that opted in use it
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// SignType is Alipay's name of a signature algorithm, the value of sign_type.
type SignType string

// The signature algorithms: both are RSA with PKCS #1 v1.5 padding, because Alipay offers no
// other with RSA.
const (
	RSA2 SignType = "RSA2" // SHA-256, keys of 2048 bits or more
	RSA  SignType = "RSA"  // SHA-1, obsolete: used only where an app opted in
)

// SignTypes returns every algorithm that this package supports, the stronger one first, so
// that it is tried first.
func SignTypes() []SignType { return []SignType{RSA2, RSA} }

// Errors of [Verify]. The first two mean that no signature check was made, because the
// signature itself is unreadable.
var (
	ErrSignatureEncoding = errors.New("the signature is not base64 (standard alphabet, padded): hand it over exactly as it was received")
	ErrSignatureSpaces   = errors.New("the signature contains spaces: the + was decoded to a space upstream, so hand over the body exactly as it was received")
	ErrSignature         = errors.New("the signature does not belong to this text and key: check that the key is Alipay's public key of this app, not the application's own")
	ErrSignType          = errors.New("unknown sign_type: RSA2 and RSA are supported")
)

// Sign signs text with an application's private key and returns the signature in base64 on
// one line, as the parameter sign carries it. The text has to be in the charset of the
// request already, because Alipay verifies bytes.
func Sign(key *rsa.PrivateKey, t SignType, text []byte) (string, error) {
	digest, hash, err := t.Digest(text)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", t, err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify checks a base64 signature over text. The algorithm is the caller's choice and never
// the sender's, who could otherwise choose the weaker one. The error is nil, or wraps
// [ErrSignature], [ErrSignatureEncoding], [ErrSignatureSpaces] or [ErrSignType].
func Verify(key *rsa.PublicKey, t SignType, text []byte, signature string) error {
	raw, err := DecodeSignature(signature)
	if err != nil {
		return err
	}
	digest, hash, err := t.Digest(text)
	if err != nil {
		return err
	}
	if rsa.VerifyPKCS1v15(key, hash, digest, raw) != nil {
		return ErrSignature
	}
	return nil
}

// Digest hashes text with the algorithm that t names. It is exported so that the verifier
// hashes a text once for several keys.
func (t SignType) Digest(text []byte) ([]byte, crypto.Hash, error) {
	switch t {
	case RSA2:
		sum := sha256.Sum256(text)
		return sum[:], crypto.SHA256, nil
	case RSA:
		sum := sha1.Sum(text) //nolint:gosec // the algorithm of sign_type RSA, opt-in
		return sum[:], crypto.SHA1, nil
	default:
		return nil, 0, ErrSignType
	}
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
