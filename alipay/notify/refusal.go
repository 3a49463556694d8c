package notify

import (
	"log/slog"
	"strings"
)

// Reason is why a message was refused. It may be logged and counted, because it never
// contains a value of the message.
type Reason string

// The reasons, in the order in which they are detected. Those above ReasonUnknownCertificate
// cost no signature check, so that junk is cheap.
const (
	ReasonContentType        Reason = "content_type"
	ReasonTooLarge           Reason = "too_large"
	ReasonMalformed          Reason = "malformed"
	ReasonRepeatedParameter  Reason = "repeated_parameter"
	ReasonMissingAppID       Reason = "missing_app_id" // not even the console's gateway check named an app
	ReasonUnknownApp         Reason = "unknown_app"
	ReasonMissingSign        Reason = "missing_sign" // no parameter sign; every genuine message has one
	ReasonSignTypeNotAllowed Reason = "sign_type_not_allowed"
	ReasonBadSignEncoding    Reason = "bad_sign_encoding"   // not strict base64, or + became a space
	ReasonUnknownCertificate Reason = "unknown_certificate" // no key matches, and alipay_cert_sn names a certificate that is not configured
	ReasonBadSignature       Reason = "bad_signature"
	ReasonAmbiguous          Reason = "ambiguous" // a genuine text, split into other parameters
)

// Reasons returns every reason, so that metrics exist before the first refusal.
func Reasons() []Reason {
	return []Reason{ReasonContentType, ReasonTooLarge, ReasonMalformed, ReasonRepeatedParameter,
		ReasonMissingAppID, ReasonUnknownApp, ReasonMissingSign, ReasonSignTypeNotAllowed,
		ReasonBadSignEncoding, ReasonUnknownCertificate, ReasonBadSignature, ReasonAmbiguous}
}

// Hint returns what an operator on our side should check, because the sender is mostly a
// proxy or a wrong key.
func (r Reason) Hint() string {
	switch r {
	case ReasonContentType:
		return "Alipay posts application/x-www-form-urlencoded: check what stands in front of this door"
	case ReasonTooLarge, ReasonMalformed, ReasonRepeatedParameter:
		return "Alipay doesn't send this; if a proxy stands in front, check that it passes bodies on unchanged"
	case ReasonMissingAppID, ReasonUnknownApp:
		return "configure the app, or remove this URL from the other app's settings in the console"
	case ReasonMissingSign:
		return "every notification is signed: check that the body arrives whole"
	case ReasonSignTypeNotAllowed:
		return "the app's signing method (接口加签方式) in the console differs from its keys in the configuration: change one of them; SHA-1 can be allowed for an app of RSA2"
	case ReasonBadSignEncoding:
		return "sign must be base64 as it was sent: with spaces in it, something upstream decoded the form twice and turned + into spaces"
	case ReasonUnknownCertificate:
		return "add Alipay's current certificate of this app, it has been renewed"
	case ReasonBadSignature:
		return "check that the configured key is Alipay's public key of this app (not the application's own), and that nothing upstream changes the body"
	case ReasonAmbiguous:
		return "somebody rearranged a genuine message: look where its body was kept or logged"
	default:
		return "see the package documentation"
	}
}

// Refusal is the error for every message that is not accepted. It carries nothing of the
// message, because a stranger may have written it, except the app that it was addressed to
// when the app is configured or the value looks like an app_id.
type Refusal struct {
	Reason        Reason
	AppID         string // a configured app; with ReasonUnknownApp the named one when it has the form of an app_id; or empty
	Verifications int    // the cost that this message caused
}

// unknownApp returns the refusal of a message to an app that is not configured. The name may
// be a stranger's invention, so it is repeated only when it has the form of an id.
func unknownApp(id string) *Refusal {
	const longest = 32
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if len(id) > longest || strings.ContainsFunc(id, notDigit) {
		id = ""
	}
	return &Refusal{Reason: ReasonUnknownApp, AppID: id}
}

// Error returns the reason and the hint without any value of the message, because a stranger
// may have written it.
func (r *Refusal) Error() string {
	if r.Reason == ReasonUnknownApp && r.AppID != "" {
		return "notification refused (" + string(r.Reason) + ", app_id " + r.AppID + "): " + r.Reason.Hint()
	}
	return "notification refused (" + string(r.Reason) + "): " + r.Reason.Hint()
}

// Is matches a refusal for the same reason, whatever its app and cost, so that callers
// compare with errors.Is.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Reason == r.Reason
}

// LogValue returns the three fields, none of which contains a value of the message.
func (r *Refusal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reason", string(r.Reason)),
		slog.String("app_id", r.AppID), slog.Int("verifications", r.Verifications))
}
