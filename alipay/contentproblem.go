package alipay

// ContentProblem says why the content of a verified message can't be read.
type ContentProblem string

// What can be wrong with a content whose signature held.
const (
	ContentCharset     ContentProblem = "charset"          // a name or an id that means nothing in the signed charset, or a charset unknown here
	ContentNoKey       ContentProblem = "no_aes_key"       // encrypted, and the app has no AES key configured
	ContentEncryptType ContentProblem = "encrypt_type"     // neither AES nor AES_V2
	ContentEncryption  ContentProblem = "encryption"       // can't be decrypted: mostly another AES key
	ContentJSON        ContentProblem = "json"             // no JSON
	ContentDepth       ContentProblem = "depth"            // nested deeper than MaxDepth
	ContentDuplicate   ContentProblem = "duplicate_member" // an object with one member twice
)

// ContentProblems lists every problem.
func ContentProblems() []ContentProblem {
	return []ContentProblem{ContentCharset, ContentNoKey, ContentEncryptType, ContentEncryption,
		ContentJSON, ContentDepth, ContentDuplicate}
}
