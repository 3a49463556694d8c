package keys

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"
	"strings"

	"miniflow/alipay"
)

// SimulatorKeyMark is the line after the armour of every key and certificate that a simulator
// made. PEM readers stop before it, so the files work with any SDK.
const SimulatorKeyMark = "Miniflow simulator key: for tests only"

// IsSimulatorKey reports whether a key text carries [SimulatorKeyMark]. Such a key must not
// be used against a real endpoint, because its private half is not private.
func IsSimulatorKey(text string) bool {
	return strings.Contains(text, SimulatorKeyMark)
}

// Option relaxes what the key parsers accept, so that the strict form is the default.
type Option int

// AllowShortKey accepts RSA keys from 1024 bits on, for apps that still use sign_type RSA.
// Without it the minimum is [alipay.MinKeyBits].
const AllowShortKey Option = 1

// ParsePrivateKey reads an RSA private key: PKCS #1 or PKCS #8, as PEM, as bare base64 with
// or without line breaks (the form that Alipay's key tool writes), or as DER. The error is a
// [*KeyError] that names what was found instead.
func ParsePrivateKey(text string, options ...Option) (*rsa.PrivateKey, error) {
	read, wrong := readKeyText("private key", text)
	if wrong != nil {
		return nil, wrong
	}
	key, item, wrong := only(read, samePrivateKey)
	if wrong != nil {
		return nil, wrong
	}
	if err := read.checkSize(item, &key.PublicKey, options); err != nil {
		return nil, err
	}
	if key.Validate() != nil {
		return nil, read.garbled(item.line, ProblemDamaged)
	}
	return key, nil
}

// ParsePublicKey reads an RSA public key: SPKI or PKCS #1, as PEM, as bare base64 (the form
// that the console shows), or as DER. A certificate is refused with a hint, since its serial
// number matters too: see [ParseAlipayCertificate].
func ParsePublicKey(text string, options ...Option) (*rsa.PublicKey, error) {
	read, wrong := readKeyText("public key", text)
	if wrong != nil {
		return nil, wrong
	}
	key, item, wrong := only(read, SamePublicKey)
	if wrong != nil {
		return nil, wrong
	}
	if err := read.checkSize(item, key, options); err != nil {
		return nil, err
	}
	if key.E < 3 || key.E%2 == 0 {
		return nil, read.garbled(item.line, ProblemDamaged)
	}
	return key, nil
}

func samePrivateKey(a, b *rsa.PrivateKey) bool { return a.Equal(b) }

// SamePublicKey reports whether two public keys are the same key; nil equals nothing, so a
// missing key never matches.
func SamePublicKey(a, b *rsa.PublicKey) bool {
	return a != nil && b != nil && a.Equal(b)
}

// ErrApplicationKey means that the application's own public key was given as Alipay's: the
// commonest reason why every signature seems wrong.
var ErrApplicationKey = errors.New("this is the application's own public key, not Alipay's: " +
	"copy the Alipay public key (支付宝公钥) from the app's settings in the console")

func (t *keyText) checkSize(item keyItem, key *rsa.PublicKey, options []Option) error {
	least := alipay.MinKeyBits
	if slices.Contains(options, AllowShortKey) {
		least = minLegacyKeyBits
	}
	if bits := key.N.BitLen(); bits < least {
		return &KeyError{Wanted: t.wanted, Problem: ProblemShort, Bits: bits, Line: item.line}
	}
	return nil
}

// parseKeyDER tries every encoding of a key or certificate that users have, and returns nil
// when none fits. The encodings exclude each other, so their order doesn't matter.
func parseKeyDER(der []byte) any {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	if certificate, err := x509.ParseCertificate(der); err == nil {
		return certificate
	}
	if request, err := x509.ParseCertificateRequest(der); err == nil {
		return request
	}
	return nil
}

// maxKeyDER is the longest single key or certificate, in bytes. A private key of 8192 bits
// takes 4.7 KiB; the arithmetic on much longer numbers would take minutes before it found
// them wrong.
const maxKeyDER = 8 << 10

// minLegacyKeyBits is the shortest modulus ever accepted, because sign_type RSA was issued
// with it.
const minLegacyKeyBits = 1024
