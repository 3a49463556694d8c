package codes

// Class says what has to happen before a failed call can succeed. It is what
// an engine decides by; the codes behind it are in the tables of codes_*.go.
type Class string

// The classes.
const (
	// ClassUnknown: whether the call was carried out is not known – no answer,
	// half an answer, an answer without a valid signature, code 20000. A method
	// that changes nothing is asked again; after one that does, query first.
	ClassUnknown Class = "unknown"
	// ClassRetry: nothing was done; send the same again after a pause.
	ClassRetry Class = "retry"
	// ClassWait: refused until something else has happened (a scan, an audit,
	// tomorrow); then send the same again.
	ClassWait Class = "wait"
	// ClassQuery: what was asked for may have been done already; query, then
	// decide.
	ClassQuery Class = "query"
	// ClassFix: the input has to change, by a person or by an AutoFix.
	ClassFix Class = "fix"
	// ClassAuthorization: the token is dead or too weak; stop calling for this
	// mini program until the merchant has authorised again.
	ClassAuthorization Class = "authorization"
	// ClassPermanent: nothing the order can do helps; an operator has to act.
	ClassPermanent Class = "permanent"
)

// Classes lists every class.
func Classes() []Class {
	return []Class{
		ClassUnknown, ClassRetry, ClassWait, ClassQuery, ClassFix, ClassAuthorization, ClassPermanent,
	}
}

// String is the class in lower case, as it stands in logs and metrics.
func (c Class) String() string { return string(c) }

// AutoFix is a correction of the input that needs no person.
type AutoFix string

// The corrections.
const (
	// AutoFixNone: a person has to correct the input.
	AutoFixNone AutoFix = ""
	// AutoFixDropFields: send again without the fields that are named.
	AutoFixDropFields AutoFix = "drop_fields"
	// AutoFixHigherVersion: upload again under a higher version number.
	AutoFixHigherVersion AutoFix = "higher_version"
	// AutoFixDeleteOldVersions: delete the oldest versions in development, then
	// send the same again.
	AutoFixDeleteOldVersions AutoFix = "delete_old_versions"
	// AutoFixNewVersion: this version can't be submitted any more; build a
	// higher one and submit that.
	AutoFixNewVersion AutoFix = "new_version"
)

// AutoFixes lists every correction, AutoFixNone first.
func AutoFixes() []AutoFix {
	return []AutoFix{
		AutoFixNone, AutoFixDropFields, AutoFixHigherVersion, AutoFixDeleteOldVersions, AutoFixNewVersion,
	}
}
