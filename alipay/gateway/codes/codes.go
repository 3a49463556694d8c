package codes

import (
	"regexp"
	"slices"
)

// Meaning is what a refusal by Alipay means for the caller, because its own words don't say
// what to do.
type Meaning struct {
	// Class is what the caller decides by.
	Class Class
	// Fields are the request parameters that the refusal is about, by Alipay's own names, so
	// that a person finds them in its documentation; empty when it is about no field, or when
	// Alipay does not say which.
	Fields []string
	// AutoFix is set only with ClassFix, because other refusals are not about the input.
	AutoFix AutoFix
	// Slow asks for a long, jittered pause before the next attempt, because of a rate limit
	// or something that only an operator can correct.
	Slow bool
	// Tomorrow means that Alipay counts by the day: before its next one the same is refused again.
	Tomorrow bool
	// Unlisted marks a sub code that is in no table. Its class is a careful guess, so a
	// person should look.
	Unlisted bool
	// Advice is one sentence with what to do, because Alipay's own message rarely says it.
	Advice string
}

// codeTable maps the sub codes of one method or of a group of methods. It is data that
// nothing changes, so it needs no lock.
type codeTable map[string]Meaning

// Top-level codes of the gateway. Most only group sub codes, so the tables go by those.
const (
	CodeSuccess            = "10000"
	codeUnavailable        = "20000"
	codeUnauthorized       = "20001"
	codeMissingParameter   = "40001"
	codeIllegalParameter   = "40002"
	codeConditionsNotMet   = "40003"
	CodeBusinessFailed     = "40004"
	codeLimited            = "40005"
	codeNoPermission       = "40006"
	subCodeUnknown         = "unknown-sub-code"
	subCodeSystemError     = "SYSTEM_ERROR"
	adviceInsufficientAuth = "ask alipay.open.auth.token.app.query about the token: invalid means the merchant has to authorise again; " +
		"valid means products are not signed, or the mini program is punished and the merchant has to appeal"
)

// trailingCode finds the real code at the end of the sentence that comes with
// unknown-sub-code, e.g. 未知的错误码MINI_APP_INFO_AUDIT_CONTAINS. It may only be followed by
// punctuation or text in another script, so that no word of the sentence is taken for a code.
var trailingCode = regexp.MustCompile(`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)[^0-9A-Za-z_]*$`)

// insufficientToken matches a sentence, because Alipay distinguishes this refusal by nothing
// else: the token is invalid, products are not signed, or the mini program is punished.
var insufficientToken = regexp.MustCompile(`(?i)insufficient token permissions|商户未签约任何产品`)

// RealSubCode returns the code inside unknown-sub-code, because the tables know only real
// ones; any other sub code is returned unchanged.
func RealSubCode(subCode, subMsg string) string {
	if subCode != subCodeUnknown {
		return subCode
	}
	if found := trailingCode.FindStringSubmatch(subMsg); found != nil {
		return found[1]
	}
	return subCode
}

// Classify returns the meaning of a refusal of method. code and subCode are as on the wire;
// subMsg serves only to unwrap unknown-sub-code and to recognise insufficient token
// permissions. The method is needed because the same sub code can mean different things.
func Classify(method, code, subCode, subMsg string) Meaning {
	subCode = RealSubCode(subCode, subMsg)
	switch {
	case code == codeUnavailable:
		return Meaning{Class: ClassUnknown, Advice: "query what became of the call before repeating it"}
	case insufficientToken.MatchString(subMsg):
		return Authorize(adviceInsufficientAuth)
	}
	for _, table := range tablesOf(method) {
		if meaning, listed := table[subCode]; listed {
			meaning.Fields = slices.Clone(meaning.Fields) // a caller may change its copy, so the table must not share it
			return meaning
		}
	}
	return unlisted(code, subCode)
}

// unlisted returns a careful guess for a code that is in no table: permanent rather than
// retried, because a retry could repeat a harm.
func unlisted(code, subCode string) Meaning {
	meaning := Meaning{Unlisted: subCode != "" || code == CodeBusinessFailed, Advice: "read the message; if it repeats, ask Alipay with the trace id"}
	switch code {
	case codeUnauthorized:
		meaning.Class, meaning.Advice = ClassAuthorization, adviceInsufficientAuth
	case codeLimited:
		meaning.Class, meaning.Slow, meaning.Advice = ClassRetry, true, "call less often"
	case codeMissingParameter, codeIllegalParameter, codeConditionsNotMet, CodeBusinessFailed, codeNoPermission:
		meaning.Class = ClassPermanent
	default:
		meaning.Unlisted = true
		meaning.Class = ClassPermanent
		if len(code) == len(CodeSuccess) && code[0] <= '2' {
			// 1xxxx are kinds of success, 2xxxx are failures of the service, so neither
			// proves that nothing was done.
			meaning.Class = ClassUnknown
		}
	}
	return meaning
}

// The constructors below keep the tables at one line for each code, so that they compare with
// Alipay's pages.

// Retry means that the same call may succeed later, because the failure was on Alipay's side.
func Retry() Meaning { return Meaning{Class: ClassRetry, Advice: "send the same again"} }

func slowRetry(advice string) Meaning { return Meaning{Class: ClassRetry, Slow: true, Advice: advice} }

func wait(advice string) Meaning { return Meaning{Class: ClassWait, Advice: advice} }

func query(advice string) Meaning { return Meaning{Class: ClassQuery, Advice: advice} }

func fix(fields ...string) Meaning {
	return Meaning{Class: ClassFix, Fields: fields, Advice: "correct the named fields and send again"}
}

// FixSaying means that the named fields have to be corrected, with advice of its own because
// the fields alone don't explain it.
func FixSaying(advice string, fields ...string) Meaning {
	return Meaning{Class: ClassFix, Fields: fields, Advice: advice}
}

func autoFix(how AutoFix, advice string, fields ...string) Meaning {
	return Meaning{Class: ClassFix, AutoFix: how, Fields: fields, Advice: advice}
}

// Authorize means that the merchant has to authorise the application first, because no call
// of ours can restore a token.
func Authorize(advice string) Meaning { return Meaning{Class: ClassAuthorization, Advice: advice} }

// Permanent means that the call fails until an operator has changed something, so repeating
// it is useless.
func Permanent(advice string) Meaning { return Meaning{Class: ClassPermanent, Advice: advice} }
