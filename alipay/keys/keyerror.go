package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
)

// Problem is what was found where a key or certificate was wanted. Its value is the wording
// of the error, so that each is written once.
type Problem string

// The problems that people really have with key texts, distinct because each has its own
// remedy.
const (
	noProblem Problem = ""

	ProblemEmpty       Problem = "nothing"
	ProblemNotBase64   Problem = "text that is neither PEM nor base64"
	ProblemTruncated   Problem = "a key or certificate that was cut off"
	ProblemUnknown     Problem = "base64 of something that is no key or certificate"
	ProblemDamaged     Problem = "a key whose numbers don't fit together"
	ProblemEncrypted   Problem = "a private key encrypted with a password"
	ProblemPrivateKey  Problem = "a private key"
	ProblemPublicKey   Problem = "a public key"
	ProblemCertificate Problem = "a certificate"
	ProblemRequest     Problem = "a certificate request (CSR)"
	ProblemEC          Problem = "a key that is neither RSA nor SM2"
	ProblemShort       Problem = "an RSA key that is too short"
	ProblemTooLong     Problem = "far more text than a key has"
	ProblemPath        Problem = "the name of a file"
	ProblemUTF16       Problem = "text in UTF-16"
	ProblemSeveral     Problem = "several of them"
	ProblemNotRoot     Problem = "a certificate that another authority issued"
	ProblemAuthority   Problem = "the certificate of an authority"
)

// KeyProblems returns every problem, so that a test can check that each has a hint.
func KeyProblems() []Problem {
	return []Problem{ProblemEmpty, ProblemNotBase64, ProblemTruncated, ProblemUnknown, ProblemDamaged,
		ProblemEncrypted, ProblemPrivateKey, ProblemPublicKey, ProblemCertificate, ProblemRequest,
		ProblemEC, ProblemShort, ProblemTooLong, ProblemPath, ProblemUTF16, ProblemSeveral, ProblemNotRoot, ProblemAuthority}
}

var hints = map[Problem]string{
	ProblemEmpty:       "check that the file or variable is filled in",
	ProblemNotBase64:   "copy the key once more, whole and without quotation marks",
	ProblemTruncated:   "copy it once more, to its last line",
	ProblemUnknown:     "take a key in PKCS #1, PKCS #8 or SPKI form, or an X.509 certificate",
	ProblemDamaged:     "copy the key once more, or make a new pair",
	ProblemEncrypted:   "decrypt it first: openssl pkey -in FILE -out FILE",
	ProblemPrivateKey:  "a private key never leaves its owner; take its public half: openssl pkey -pubout",
	ProblemPublicKey:   "take the other half of the pair, or the certificate",
	ProblemCertificate: "configure it as a certificate, or take the key out of it",
	ProblemRequest:     "upload it in the console and take the certificate that comes back",
	ProblemEC:          "take a key of RSA (sign_type RSA2) or of SM2 (国密), whichever the console is set to",
	ProblemShort:       "make a new pair of 2048 bits",
	ProblemTooLong:     "check that the right file is named",
	ProblemPath:        "give the text of the file, or name the file where a file is asked for",
	ProblemUTF16:       "save the file as UTF-8",
	ProblemSeveral:     "give each one in a file of its own",
	ProblemNotRoot:     "take alipayRootCert.crt, whose certificates are all roots",
	ProblemAuthority:   "take Alipay's own certificate, alipayCertPublicKey_RSA2.crt",
}

// KeyError means that a text doesn't hold the key or certificate that was wanted. It never
// contains any part of the input, because that may be a private key.
type KeyError struct {
	Wanted  string
	Problem Problem
	Bits    int
	Line    int // errors name it, because a file may hold several; 0 without armour
}

// Error returns what was wanted, what was found, and what to do, because people paste keys by
// hand.
func (e *KeyError) Error() string {
	found := string(e.Problem)
	if e.Problem == ProblemShort {
		found = fmt.Sprintf("%s (%d bits)", found, e.Bits)
	}
	if e.Line > 0 {
		found = fmt.Sprintf("%s (line %d)", found, e.Line)
	}
	return fmt.Sprintf("wanted a %s of RSA or SM2, found %s: %s", e.Wanted, found, hints[e.Problem])
}

func kindOf(found any) Problem {
	switch found := found.(type) {
	case *rsa.PrivateKey, *sm2.PrivateKey:
		return ProblemPrivateKey
	case *rsa.PublicKey:
		return ProblemPublicKey
	case *x509.Certificate:
		return ProblemCertificate
	case *x509.CertificateRequest:
		return ProblemRequest
	case *ecdsa.PublicKey:
		if SignTypeOf(found) == SM2 {
			return ProblemPublicKey
		}
		return ProblemEC
	case *ecdsa.PrivateKey, ed25519.PrivateKey, ed25519.PublicKey:
		return ProblemEC
	default:
		return ProblemUnknown
	}
}
