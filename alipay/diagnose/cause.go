package diagnose

// Cause is a reason why a genuine message doesn't verify. It is an enum because tools print
// it as JSON for other programs.
type Cause string

// The causes, explained by words below. Those about keys come first, then those about the
// signature, then those about the text, because each can only be judged once the former are
// ruled out.
const (
	CauseApplicationKey      Cause = "application_key"
	CauseSignedByApplication Cause = "signed_by_application"
	CauseOtherAppKey         Cause = "other_app_key"
	CauseUnknownApp          Cause = "unknown_app"
	CauseWrongKey            Cause = "wrong_key"

	CauseSHA1NotAllowed Cause = "sha1_not_allowed"
	CauseSignType       Cause = "sign_type"
	CauseSignSpaces     Cause = "sign_plus_to_space"
	CauseSignWhitespace Cause = "sign_whitespace"
	CauseSignURLSafe    Cause = "sign_url_safe"
	CauseSignPadding    Cause = "sign_padding"
	CauseSignEscaped    Cause = "sign_escaped"
	CauseSignTruncated  Cause = "sign_truncated"
	CauseSignGarbled    Cause = "sign_garbled"

	CauseNotAForm           Cause = "not_a_form"
	CauseSignedAnswer       Cause = "signed_answer"
	CauseDecodedTwice       Cause = "decoded_twice"
	CauseEncodedTwice       Cause = "encoded_twice"
	CauseValueSpaces        Cause = "value_plus_to_space"
	CausePlusNotDecoded     Cause = "plus_not_decoded"
	CauseCharset            Cause = "charset"
	CauseMissingParameter   Cause = "missing_parameter"
	CauseAddedParameter     Cause = "added_parameter"
	CauseRepeatedParameter  Cause = "repeated_parameter"
	CauseHTMLEscaped        Cause = "html_escaped"
	CauseBackslashes        Cause = "backslashes"
	CauseJSONRewritten      Cause = "json_rewritten"
	CauseWhitespaceAdded    Cause = "whitespace_added"
	CauseWhitespaceTrimmed  Cause = "whitespace_trimmed"
	CauseLineBreaks         Cause = "line_breaks"
	CauseByteOrderMark      Cause = "byte_order_mark"
	CauseTruncated          Cause = "truncated"
	CauseCharactersLost     Cause = "characters_lost"
	CauseRearranged         Cause = "rearranged"
	CauseAltered            Cause = "altered"
	CauseMalformed          Cause = "malformed"
	CauseNothing            Cause = "nothing"
	CauseUnknownCertificate Cause = "unknown_certificate"
)

// Causes returns every cause, so that a test can check that each has words.
func Causes() []Cause {
	return []Cause{
		CauseApplicationKey, CauseSignedByApplication, CauseOtherAppKey, CauseUnknownApp, CauseWrongKey, CauseUnknownCertificate,
		CauseSHA1NotAllowed, CauseSignType, CauseSignSpaces, CauseSignWhitespace, CauseSignURLSafe, CauseSignPadding,
		CauseSignEscaped, CauseSignTruncated, CauseSignGarbled,
		CauseNotAForm, CauseSignedAnswer, CauseDecodedTwice, CauseEncodedTwice, CauseValueSpaces, CausePlusNotDecoded, CauseCharset,
		CauseMissingParameter, CauseAddedParameter, CauseRepeatedParameter, CauseHTMLEscaped, CauseBackslashes,
		CauseJSONRewritten, CauseWhitespaceAdded, CauseWhitespaceTrimmed, CauseLineBreaks, CauseByteOrderMark,
		CauseTruncated, CauseCharactersLost, CauseRearranged, CauseAltered, CauseMalformed, CauseNothing,
	}
}

// Finding is one cause that was found, with its certainty, because a guess must not look like
// a proof.
type Finding struct {
	Cause Cause `json:"cause"`
	// Proven means that the damage was undone and the signature then held; or that it can be
	// seen without the text: by the key, by the length of the signature, by what is missing
	// entirely. Otherwise the cause is only likely.
	Proven bool `json:"proven"`
	// Parameters names the affected parameters, so that a person knows where to look; it is
	// empty where the whole message is affected.
	Parameters []string `json:"parameters,omitempty"`
	// Detail adds what was seen: names, sizes and documented words, never a value of the
	// message, because people paste findings into tickets.
	Detail string `json:"detail,omitempty"`
}

// Says returns what happened, in a sentence, because tools print it as it is.
func (f Finding) Says() string { return words[f.Cause].says }

// Advice returns what to do about it, because a cause alone doesn't help an operator.
func (f Finding) Advice() string { return words[f.Cause].advice }

type wording struct{ says, advice string }

// words holds the sentences in one table, so that a test can check that every cause has both.
var words = map[Cause]wording{
	CauseApplicationKey: {"the key that is configured as Alipay's is the application's own public key",
		"copy the Alipay public key (支付宝公钥) from the app's settings in the console; the application public key (应用公钥) verifies nothing"},
	CauseSignedByApplication: {"the signature was made with the application's own private key, not by Alipay",
		"only Alipay signs notifications; if this is a test message of yours, sign it as the simulator does, with an Alipay key of the test"},
	CauseOtherAppKey: {"the signature was made with the Alipay key of another configured app",
		"the keys of two apps are exchanged, or an app has another one's key: give each app the Alipay key of its own settings page"},
	CauseUnknownApp: {"the app_id is none of the configured apps",
		"configure the app, or remove this URL from the other app's settings in the console"},
	CauseWrongKey: {"none of the given keys made this signature",
		"take Alipay's public key of exactly this app and environment (production and the sandbox differ); give --app-public-key to find out whether it is the application's own"},
	CauseUnknownCertificate: {"the message was signed with a certificate that is not configured",
		"add Alipay's current certificate of this app (alipayCertPublicKey_RSA2.crt), it has been renewed"},
	CauseSHA1NotAllowed: {"the signature is genuine, and made with SHA-1 (sign_type RSA), which is not allowed for this app",
		"set the app's signing method to RSA2 in the console, or allow SHA-1 for it (--allow-sha1, sign_types: [RSA2, RSA])"},
	CauseSignType: {"sign_type names another algorithm than the one the signature was made with",
		"hand sign_type over as it came; something upstream rewrites or guesses it"},
	CauseSignSpaces: {"each + in sign has become a space",
		"something decodes the form twice, or builds it without escaping + as %2B: verify the body exactly as it came"},
	CauseSignWhitespace: {"sign has white space or quotation marks in or around it",
		"hand sign over as it came; copying and pasting adds line breaks and blanks"},
	CauseSignURLSafe: {"sign is in the URL-safe alphabet of base64, with - and _ for + and /",
		"Alipay uses the standard alphabet: something upstream encodes it anew"},
	CauseSignPadding: {"the = at the end of sign are missing",
		"something cuts the value at =, as when splitting name=value at every =: split at the first one"},
	CauseSignEscaped: {"sign is still percent-encoded after decoding",
		"it was encoded twice: do not escape it again when you build the form"},
	CauseSignTruncated: {"sign is shorter than any signature of this key",
		"look for a column, log or header that cuts long values; spaces dropped by a base64 decoder have the same effect"},
	CauseSignGarbled: {"sign is no base64, and none of the known damages explains how it was",
		"hand sign over exactly as it came"},
	CauseNotAForm: {"this is what a program printed of a message, not the form that Alipay posts",
		"keep the body as it came, before anything decodes it, and verify that; a print has lost how it was written"},
	CauseSignedAnswer: {"this is a signed answer (response and sign), not a notification",
		"an answer is verified over the very text of its response, and decrypted with the app's AES key; a notification is a form that Alipay posts"},
	CauseDecodedTwice: {"the text was percent-decoded once more than Alipay encoded it",
		"verify the raw body, and decode it once: frameworks decode parameters before a handler sees them"},
	CauseEncodedTwice: {"the text was percent-encoded once more than it is decoded",
		"do not encode values again that already are: post the body exactly as it came"},
	CauseValueSpaces: {"a + inside a value has become a space",
		"something decodes the form twice, or builds it without escaping + as %2B: verify the body exactly as it came"},
	CausePlusNotDecoded: {"a + that stands for a space was kept as a +",
		"the body was decoded by rules for paths, not for forms: decodeURIComponent and rawurldecode leave +; decode it as a form"},
	CauseCharset: {"the bytes of the values were converted to another charset after signing",
		"the signature covers the bytes in the message's charset: verify them before anything converts them, and set the framework not to decode this request"},
	CauseMissingParameter: {"a parameter that Alipay sent and signed is missing",
		"pass every parameter on, sign_type, charset and blank ones too; do not filter by the names a sample shows"},
	CauseAddedParameter: {"a parameter is there that Alipay did not sign",
		"use the body alone: parameters of the URL's own query, of routing or of the framework must not be mixed in"},
	CauseRepeatedParameter: {"a parameter is there twice",
		"use the body alone: mixing it with the URL's query doubles parameters, and then nobody knows which is meant"},
	CauseHTMLEscaped: {"values were HTML-escaped (&quot; for a quotation mark)",
		"switch the framework's XSS filter off for this request; escape when you show a value, not when you receive it"},
	CauseBackslashes: {"backslashes were put before quotation marks, or taken out",
		"something escapes values for a string or a database: verify the body before that"},
	CauseJSONRewritten: {"the JSON inside a value was parsed and written again",
		"the signature covers the text, spaces and escapes included: keep biz_content as it came"},
	CauseWhitespaceAdded: {"white space was added to the text",
		"hand the body over as it came; copying, pasting and pretty-printing add blanks and line breaks"},
	CauseWhitespaceTrimmed: {"white space at the beginning or the end of a value was trimmed",
		"switch trimming of parameters off for this request"},
	CauseLineBreaks: {"line breaks inside a value were changed between LF and CRLF",
		"something treats the body as text of another system: pass it on as bytes"},
	CauseByteOrderMark: {"a byte order mark (U+FEFF) was put into the text",
		"save and send the text without one: the message has none"},
	CauseTruncated: {"the text ends too early",
		"look for a limit on bodies, columns or log lines: Alipay's messages have a few kilobytes"},
	CauseCharactersLost: {"characters were replaced while converting (U+FFFD), and can't be had back",
		"the body was decoded in a charset it is not in (GBK is Alipay's default): verify the raw bytes first"},
	CauseRearranged: {"the signature fits, but the text is cut into other parameters than Alipay's",
		"somebody rearranged a genuine message: look where its body was kept or logged"},
	CauseAltered: {"the key is right and the signature whole, but it belongs to another text",
		"something was changed, added or removed after Alipay signed it; compare with the body at the outermost proxy"},
	CauseMalformed: {"this is no form that can be read",
		"hand over the body or the query string as it came"},
	CauseNothing: {"there is no message",
		"give a file with the form body or the query string, or - and the text on standard input"},
}
