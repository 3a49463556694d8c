package keys

import (
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm2"

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

// AllowShortKey accepts RSA keys from 1024 bits on, because apps that still use sign_type RSA
// have them. Without it the minimum is [alipay.MinKeyBits].
const AllowShortKey Option = 1

// ParsePrivateKey reads a private key: RSA in PKCS #1 or PKCS #8, or SM2 in PKCS #8 or SEC 1, as
// PEM, as bare base64 with or without line breaks (because Alipay's key tool writes that), or as
// DER. The error is a [*KeyError] that names what was found instead.
func ParsePrivateKey(text string, options ...Option) (PrivateKey, error) {
	read, wrong := readKeyText("private key", text)
	if wrong != nil {
		return nil, wrong
	}
	key, item, wrong := read.privateKey()
	if wrong != nil {
		return nil, wrong
	}
	if err := read.checkSize(item, PublicOf(key), options); err != nil {
		return nil, err
	}
	if key, ok := key.(*rsa.PrivateKey); ok && key.Validate() != nil {
		return nil, read.garbled(item.line, ProblemDamaged)
	}
	return key, nil
}

// ParsePublicKey reads a public key: SPKI, or PKCS #1 for RSA, as PEM, as bare base64 (the form
// that the console shows), or as DER. A certificate is refused with a hint, since its serial
// number matters too: see [ParseAlipayCertificate].
func ParsePublicKey(text string, options ...Option) (PublicKey, error) {
	read, wrong := readKeyText("public key", text)
	if wrong != nil {
		return nil, wrong
	}
	key, item, wrong := read.publicKey()
	if wrong != nil {
		return nil, wrong
	}
	if err := read.checkSize(item, key, options); err != nil {
		return nil, err
	}
	if key, ok := key.(*rsa.PublicKey); ok && (key.E < 3 || key.E%2 == 0) {
		return nil, read.garbled(item.line, ProblemDamaged)
	}
	return key, nil
}

// privateKey and publicKey return the one key of a text. Each names its types, because the two
// interfaces don't exclude each other: a private key has an Equal too.
func (t *keyText) privateKey() (PrivateKey, keyItem, *KeyError) {
	return only(*t, func(found any) (PrivateKey, bool) {
		switch key := found.(type) {
		case *rsa.PrivateKey:
			return key, true
		case *sm2.PrivateKey:
			return key, true
		}
		return nil, false
	}, func(a, b PrivateKey) bool { return a.Equal(b) })
}

func (t *keyText) publicKey() (PublicKey, keyItem, *KeyError) {
	return only(*t, func(found any) (PublicKey, bool) {
		key, ok := found.(PublicKey)
		return key, ok && SignTypeOf(key) != ""
	}, SamePublicKey)
}

func (t *keyText) checkSize(item keyItem, key PublicKey, options []Option) error {
	least := alipay.MinKeyBits
	if slices.Contains(options, AllowShortKey) {
		least = minLegacyKeyBits
	}
	if bits := Bits(key); SignTypeOf(key) != SM2 && bits < least {
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
	return parseSM2(der)
}

// maxKeyDER is the longest single key or certificate, in bytes. A private key of 8192 bits
// takes 4.7 KiB; the arithmetic on much longer numbers would take minutes before it found
// them wrong.
const maxKeyDER = 8 << 10

// minLegacyKeyBits is the shortest modulus ever accepted, because sign_type RSA was issued
// with it.
const minLegacyKeyBits = 1024
