package order

import (
	"crypto/sha256"
	"encoding/hex"
)

// Purposes of sealed values. With the app's id they are the context a value is
// sealed under, so that a value moved to another place does not open there.
const (
	// SealCreate is for the create block of a request, a JSON object of Alipay's own fields.
	SealCreate = "create"
	// SealSubmission is for a [SubmissionBlock].
	SealSubmission = "submission"
	// SealExt is for version.ext, which is JSON text.
	SealExt = "ext"
	// SealToken is for an app_auth_token or app_refresh_token.
	SealToken = "token"
	// SealContent is for the whole content of a notification.
	SealContent = "content"
	// SealRaw is for the exact bytes of a notification, as Alipay signed them.
	SealRaw = "raw"
)

// SubmissionBlock is what a submission's sealed fields open to.
type SubmissionBlock struct {
	// Fields are Alipay's text parameters of audit.apply; lists and objects as JSON text.
	Fields map[string]string `json:"fields,omitempty"`
	// Files are its file parameters by name, such as app_logo.
	Files map[string]FileRef `json:"files,omitempty"`
}

// FileRef names a file that an activity fetches: it never enters a payload.
type FileRef struct {
	URL string `json:"url"`
	// SHA256 is the file's hash in hex.
	SHA256 string `json:"sha256"`
}

// Fingerprint distinguishes two tokens without giving either away. A token is 40
// random characters, so the hash can't be searched.
func Fingerprint(token string) string {
	sum := sha256.Sum256([]byte("miniflow app_auth_token\x00" + token))
	return hex.EncodeToString(sum[:16])
}
