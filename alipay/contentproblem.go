package alipay

// ContentProblem is why the content of a verified message can't be read. It is an enum and
// not a text because it is stored, counted and mapped to advice.
type ContentProblem string

// The problems of a content whose signature held. None of them refuses the message: Alipay
// would only send the same bytes again.
const (
	ContentCharset     ContentProblem = "charset" // a name or an id has no meaning in the signed charset, or the charset is not supported
	ContentNoKey       ContentProblem = "no_aes_key"
	ContentEncryptType ContentProblem = "encrypt_type"
	ContentEncryption  ContentProblem = "encryption" // decryption failed, mostly because the configured AES key is another one
	ContentJSON        ContentProblem = "json"
	ContentDepth       ContentProblem = "depth"
	ContentDuplicate   ContentProblem = "duplicate_member" // an object with one member twice, of which two readers could choose different ones
)

// ContentProblems returns every problem, so that a test finds one without advice.
func ContentProblems() []ContentProblem {
	return []ContentProblem{ContentCharset, ContentNoKey, ContentEncryptType, ContentEncryption,
		ContentJSON, ContentDepth, ContentDuplicate}
}
