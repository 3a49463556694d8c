package order

import (
	"crypto/sha256"
	"encoding/hex"
)

// Sealed is text that only activities and the API can open: a token, or people's
// data. Workflow code passes it along and never sees inside, so histories hold
// nothing readable. The empty value holds nothing.
type Sealed string

// String shows that something is sealed, not what: even a ciphertext has no place in a log.
func (s Sealed) String() string {
	if s == "" {
		return ""
	}
	return "(sealed)"
}

// Digest distinguishes two sealed texts: the hex SHA-256 of what is sealed as it is
// kept, so that the same content sealed twice differs. Empty for nothing.
func (s Sealed) Digest() string {
	if s == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
