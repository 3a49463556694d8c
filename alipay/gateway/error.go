package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

// The reasons why a result is unknown. An *Error of ClassUnknown wraps one of these together
// with its cause, so that an operator sees whether to look at the network or at keys.
var (
	ErrNoAnswer     = errors.New("no whole answer arrived")
	ErrHTTPStatus   = errors.New("the HTTP status is a server's error or a redirect")
	ErrAnswerTooBig = errors.New("the answer is larger than anything Alipay sends")
	ErrUnreadable   = errors.New("the answer is not what the gateway sends")
	ErrUnsigned     = errors.New("a success carries no signature")
	ErrBadSignature = errors.New("the signature of the answer does not hold")
	ErrUnknownCert  = errors.New("the answer names an Alipay certificate that is not known here")
	ErrUnavailable  = errors.New("the gateway does not say what became of the call")
	ErrNotSent      = errors.New("nothing was sent")

	// ErrOtherCertificate means that a download returned another certificate than requested,
	// which must not be trusted even if it is genuine.
	ErrOtherCertificate = errors.New("it is not the certificate that was asked for: do not use it, ask again")

	errLocalRefusal  = errors.New("the input is not fit to be sent")
	errNoToken       = errors.New("there is no app_auth_token for this mini program")
	errUndecryptable = errors.New("the answer is encrypted and does not open with the configured AES key")
)

// Error is a call that did not succeed. Its text and its fields hold Alipay's words and codes
// but nothing of the request: personal values and tokens are masked where Alipay repeats
// them.
type Error struct {
	Method  string
	Code    string
	Msg     string // Alipay's words for Code
	SubCode string
	SubMsg  string // Alipay's sentence, at most 512 bytes, masked
	TraceID string // identifies the call for Alipay's support
	Status  int

	// Meaning is embedded, so that callers decide by Class and Fields without unwrapping.
	codes.Meaning

	cause error
}

// Error returns one line with what was called, what came back, and what to do, because
// operators see only this line.
func (e *Error) Error() string {
	var line strings.Builder
	fmt.Fprintf(&line, "call %s: ", e.Method)
	switch {
	case e.Code != "":
		line.WriteString(strings.Join(present(e.Code, e.SubCode, e.Msg, e.SubMsg), " "))
	case e.Status != 0 && errors.Is(e.cause, ErrHTTPStatus):
		fmt.Fprintf(&line, "HTTP %d", e.Status)
	}
	if e.cause != nil {
		if e.Code != "" || errors.Is(e.cause, ErrHTTPStatus) {
			line.WriteString(": ")
		}
		line.WriteString(e.cause.Error())
	}
	fmt.Fprintf(&line, " (%s", e.Class)
	if len(e.Fields) > 0 {
		fmt.Fprintf(&line, ": %s", strings.Join(e.Fields, ", "))
	}
	line.WriteString(")")
	if e.Advice != "" {
		line.WriteString("; " + e.Advice)
	}
	if e.TraceID != "" {
		line.WriteString(" [trace " + e.TraceID + "]")
	}
	return line.String()
}

// Unwrap returns the cause, so that errors.Is finds the Err… values above, context.Canceled
// and the like.
func (e *Error) Unwrap() error { return e.cause }

// ClassOf returns the class of err: that of the *Error in its chain, ClassUnknown for any
// other error, empty for nil. An unclassified error counts as unknown because the call may
// have been carried out.
func ClassOf(err error) codes.Class {
	var failed *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failed):
		return failed.Class
	default:
		return codes.ClassUnknown
	}
}

// unknownResult returns the error of a call that may have been carried out. Its advice
// depends on the method, because a query can simply be repeated.
func unknownResult(method string, cause error) *Error {
	advice := "query what became of it before repeating it"
	if alipay.ReadsOnly(method) {
		advice = "ask again"
	}
	return &Error{Method: method, Meaning: codes.Meaning{Class: codes.ClassUnknown, Advice: advice}, cause: cause}
}

// notSent returns the error of a call that never left this process, so that a caller may
// repeat it.
func notSent(method string, meaning codes.Meaning, cause error) *Error {
	return &Error{Method: method, Meaning: meaning, cause: fmt.Errorf("%w: %w", ErrNotSent, cause)}
}

// refusedHere returns the error of a call that was not made because its input is wrong;
// fields are the parameters to correct.
func refusedHere(method, advice string, fields ...string) *Error {
	return notSent(method, codes.FixSaying(advice, fields...), errLocalRefusal)
}

func present(words ...string) []string {
	var kept []string
	for _, word := range words {
		if word != "" {
			kept = append(kept, word)
		}
	}
	return kept
}

// SaysTokenDead reports whether a refusal of alipay.open.auth.token.app.query is an answer
// about the token itself. Any other refusal is about the call (whose key, from which address,
// with what right) and must not invalidate the token.
func SaysTokenDead(err error) bool {
	return refusedWith(err, "AUTH_TOKEN_NOT_EXISTED", "AUTH_TOKEN_NOT_CONSISTENT")
}

// SaysCodeSpent reports the same for alipay.open.auth.token.app and the code to be exchanged:
// it is spent, too old, or was issued to another application.
func SaysCodeSpent(err error) bool {
	return refusedWith(err, "AUTH_CODE_NOT_EXIST", "AUTH_CODE_NOT_VALID", "APP_ID_NOT_CONSISTENT", "isv.code-invalid")
}

func refusedWith(err error, subCodes ...string) bool {
	var refused *Error
	return errors.As(err, &refused) && slices.Contains(subCodes, refused.SubCode)
}

// unfit returns the error of a call whose fields break rules, nil when all hold. It names
// every field, so that a person corrects them in one go.
func unfit(method string, wrong []rules.Error) error {
	if len(wrong) == 0 {
		return nil
	}
	var fields, says []string
	for _, one := range wrong {
		says = append(says, one.Error())
		if !slices.Contains(fields, one.Field) {
			fields = append(fields, one.Field)
		}
	}
	return refusedHere(method, strings.Join(says, "; "), fields...)
}
