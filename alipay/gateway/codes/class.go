package codes

// Class is what has to happen before a failed call can succeed. Workflows decide by it; the
// codes behind it are in the tables of this package.
type Class string

const (
	// ClassUnknown means that the call may or may not have been carried out: there was no
	// answer, half an answer, an answer without a valid signature, or code 20000. A method
	// that changes nothing is called again; after one that does, query first.
	ClassUnknown Class = "unknown"
	// ClassRetry means that nothing was done, so send the same again after a pause.
	ClassRetry Class = "retry"
	// ClassWait means refused until something else has happened (a scan, an audit, tomorrow);
	// then send the same again.
	ClassWait Class = "wait"
	// ClassQuery means that the request may have been carried out already; query, then
	// decide.
	ClassQuery Class = "query"
	// ClassFix means that the input has to change, by a person or by an AutoFix.
	ClassFix Class = "fix"
	// ClassAuthorization means that the token is invalid or lacks a right. Stop calling for
	// this mini program until the merchant has authorised again, because every call would
	// fail and count against the app's limit.
	ClassAuthorization Class = "authorization"
	// ClassPermanent means that nothing the order can do helps; an operator has to act.
	ClassPermanent Class = "permanent"
)

// Classes returns every class, so that tests can check that each is handled.
func Classes() []Class {
	return []Class{
		ClassUnknown, ClassRetry, ClassWait, ClassQuery, ClassFix, ClassAuthorization, ClassPermanent,
	}
}

// String returns the class as logs and metrics contain it, so that both can be searched for
// the same word.
func (c Class) String() string { return string(c) }

// AutoFix is a correction of the input that needs no person, because Alipay's code says exactly
// what to change.
type AutoFix string

const (
	// AutoFixNone means that a person has to correct the input: only the merchant knows what is
	// right.
	AutoFixNone AutoFix = ""
	// AutoFixDropFields means to send again without the named fields: Alipay freezes names once a
	// version was online, and counts the changes of others.
	AutoFixDropFields AutoFix = "drop_fields"
	// AutoFixHigherVersion means to upload again under a higher version number, because
	// Alipay accepts no lower one.
	AutoFixHigherVersion AutoFix = "higher_version"
	// AutoFixDeleteOldVersions means to delete the oldest versions in development, then to
	// send the same again, because Alipay keeps at most 20.
	AutoFixDeleteOldVersions AutoFix = "delete_old_versions"
	// AutoFixNewVersion means that this version can't be submitted any more; build a higher
	// one and submit that.
	AutoFixNewVersion AutoFix = "new_version"
)

// AutoFixes returns every correction, AutoFixNone first, so that tests can check that each is
// handled.
func AutoFixes() []AutoFix {
	return []AutoFix{
		AutoFixNone, AutoFixDropFields, AutoFixHigherVersion, AutoFixDeleteOldVersions, AutoFixNewVersion,
	}
}
