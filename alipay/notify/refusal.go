package notify

import (
	"log/slog"
	"strings"
)

// Reason is why a message was refused before its signature held, or because it
// didn't. It may be logged and counted: it never contains a value.
type Reason string

// The reasons, in the order in which they are found out. Those above
// ReasonUnknownCertificate cost no signature check.
const (
	ReasonContentType        Reason = "content_type"          // not a form
	ReasonTooLarge           Reason = "too_large"             // body over MaxBody
	ReasonMalformed          Reason = "malformed"             // no readable form, or names beyond the limits
	ReasonRepeatedParameter  Reason = "repeated_parameter"    // one name twice
	ReasonMissingAppID       Reason = "missing_app_id"        //
	ReasonUnknownApp         Reason = "unknown_app"           // app_id is none of ours
	ReasonMissingSign        Reason = "missing_sign"          //
	ReasonSignTypeNotAllowed Reason = "sign_type_not_allowed" // another algorithm than configured
	ReasonBadSignEncoding    Reason = "bad_sign_encoding"     // not strict base64, or + became a space
	ReasonUnknownCertificate Reason = "unknown_certificate"   // no signature match, and alipay_cert_sn names a certificate we don't have
	ReasonBadSignature       Reason = "bad_signature"         // no live key matches
	ReasonAmbiguous          Reason = "ambiguous"             // a genuine text, cut into other parameters
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{ReasonContentType, ReasonTooLarge, ReasonMalformed, ReasonRepeatedParameter,
		ReasonMissingAppID, ReasonUnknownApp, ReasonMissingSign, ReasonSignTypeNotAllowed,
		ReasonBadSignEncoding, ReasonUnknownCertificate, ReasonBadSignature, ReasonAmbiguous}
}

// Hint says what a person at our end should look at.
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
		return "set the app's signing method to RSA2 in the console, or allow SHA-1 for it in the configuration"
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

// Refusal is the error of every message that is not taken. Nothing of the
// message comes with it except the app it was addressed to, when that is ours or
// looks like one.
type Refusal struct {
	Reason        Reason
	AppID         string // a configured app; with ReasonUnknownApp the one that was named, when it has an app_id's form; or empty
	Verifications int    // RSA signature checks made
}

// unknownApp refuses a message to an app that is not configured. What it named may
// be a stranger's invention, so it is repeated only when it has the form of an id.
func unknownApp(id string) *Refusal {
	const longest = 32
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if len(id) > longest || strings.ContainsFunc(id, notDigit) {
		id = ""
	}
	return &Refusal{Reason: ReasonUnknownApp, AppID: id}
}

// Error gives the reason and the hint.
func (r *Refusal) Error() string {
	if r.Reason == ReasonUnknownApp && r.AppID != "" {
		return "notification refused (" + string(r.Reason) + ", app_id " + r.AppID + "): " + r.Reason.Hint()
	}
	return "notification refused (" + string(r.Reason) + "): " + r.Reason.Hint()
}

// Is matches a refusal for the same reason, whatever its app and cost.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Reason == r.Reason
}

// LogValue gives the three fields.
func (r *Refusal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reason", string(r.Reason)),
		slog.String("app_id", r.AppID), slog.Int("verifications", r.Verifications))
}
