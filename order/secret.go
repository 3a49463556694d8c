package order

import (
	"crypto/sha256"
	"encoding/hex"
)

// Purposes of sealed values. With the app's id they are the context a value is
// sealed under, so that a value moved to another place does not open there.
const (
	// SealCreate is for the create block of a request, which names the merchant's people and
	// licence.
	SealCreate = "create"
	// SealSubmission is for a [SubmissionBlock], which has phone numbers and the reviewer's
	// password.
	SealSubmission = "submission"
	SealExt        = "ext"
	// SealToken is for an app_auth_token or app_refresh_token: whoever reads one can act as the
	// merchant.
	SealToken   = "token"
	SealContent = "content"
	// SealRaw is for the exact bytes of a notification, as Alipay signed them: re-encoded, they
	// would no longer verify.
	SealRaw = "raw"
	// SealFile is for a file that was handed in as bytes: a licence, an identity card. Its SHA-256
	// is part of its context too.
	SealFile = "file"
	// SealArchive is for an ended order in the archive. Its number's digest is part of its context too.
	SealArchive = "archive"
)

// SubmissionBlock is what a submission's sealed fields open to. It is sealed as a whole, since
// Alipay adds fields that may be personal.
type SubmissionBlock struct {
	// Fields are Alipay's text parameters of audit.apply; lists and objects as JSON text, which is
	// how a multipart call sends them.
	Fields map[string]string  `json:"fields,omitempty"`
	Files  map[string]FileRef `json:"files,omitempty"`
}

// FileRef names a file that an activity fetches: it never enters a payload, since a picture may
// have 4 MB and a payload two.
type FileRef struct {
	// URL is where it is fetched from; empty for a file that was handed in with POST /v1/files.
	URL string `json:"url,omitempty"`
	// SHA256 is the file's hash in hex: what the address serves later than that is refused when it
	// differs.
	SHA256 string `json:"sha256"`
}

// Fingerprint distinguishes two tokens without giving either away. A token is 40
// random characters, so the hash can't be searched.
func Fingerprint(token string) string {
	sum := sha256.Sum256([]byte("miniflow app_auth_token\x00" + token))
	return hex.EncodeToString(sum[:16])
}
