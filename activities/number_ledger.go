package activities

import (
	"strconv"
	"strings"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/words"
)

// numberLedger is what Alipay and the records say about a mini program's numbers: neither is
// enough, since Alipay does not say whose a number is and a record does not say whether it was
// built.
type numberLedger struct {
	call     NumberCall
	versions []gateway.VersionInfo
	records  []order.VersionReservation
}

func (l numberLedger) version(number string) *gateway.VersionInfo {
	for i := range l.versions {
		if l.versions[i].AppVersion == number {
			return &l.versions[i]
		}
	}
	return nil
}

func (l numberLedger) record(number string) *order.VersionReservation {
	for i := range l.records {
		if l.records[i].AppVersion == number && l.records[i].BundleID == l.call.Version.Bundle() {
			return &l.records[i]
		}
	}
	return nil
}

func (l numberLedger) reservation(number string, seen time.Time) order.VersionReservation {
	version := l.call.Version
	return order.VersionReservation{
		OutOrderNo: l.call.OutOrderNo, AppVersion: number, BundleID: version.Bundle(), TemplateID: version.TemplateID,
		TemplateVersion: version.TemplateVersion, Ext: version.Ext.Digest(), SeenFreeAt: seen,
	}
}

// sameBuild reports whether two records are of one order's build of one template. When the number
// was seen free, and whether the order has ended, are no part of what is built.
func sameBuild(a, b order.VersionReservation) bool {
	a.SeenFreeAt, b.SeenFreeAt, a.Ended, b.Ended = time.Time{}, time.Time{}, false, false
	return a == b
}

// builtThis reports whether a taken number is the order's build of what it wants now: a version
// that is older than the look that found its number free is somebody else's.
func (l numberLedger) builtThis(record order.VersionReservation, created time.Time) bool {
	return record.MadeThen(created, clockSlack) && sameBuild(record, l.reservation(record.AppVersion, time.Time{}))
}

// ours returns nil when a number that is taken is this order's build, else why it is not: releasing
// another's build would put its content online.
func (l numberLedger) ours(number string, created time.Time) error {
	record := l.record(number)
	switch {
	case record == nil:
		return taken(number, words.New("taken.unrecorded"))
	case !l.builtThis(*record, created):
		return taken(number, l.whose(*record))
	}
	return nil
}

func (l numberLedger) whose(record order.VersionReservation) words.Text {
	switch {
	case record.OutOrderNo != l.call.OutOrderNo:
		return words.New("taken.other_order", record.OutOrderNo)
	case !sameBuild(record, l.reservation(record.AppVersion, time.Time{})):
		return words.New("taken.other_build")
	}
	return words.New("taken.before")
}

// ownAbove finds the highest number that the order has recorded for this build in a run that was
// reset or has ended, above those that it knows to have tried: the version may be at Alipay
// already.
func (l numberLedger) ownAbove(after string) (Number, bool) {
	floor, _ := numberParts(after)
	best, found := Number{}, false
	for _, record := range l.records {
		parts, ok := numberParts(record.AppVersion)
		if !ok || !above(parts, floor) || !sameBuild(record, l.reservation(record.AppVersion, time.Time{})) {
			continue
		}
		version := l.version(record.AppVersion)
		if version != nil && !l.builtThis(record, version.CreatedAt) {
			continue
		}
		if version == nil && above(l.highest(), parts) {
			continue // it was never uploaded, and Alipay takes only higher numbers
		}
		best, found, floor = Number{AppVersion: record.AppVersion, Uploaded: version != nil}, true, parts
	}
	return best, found
}

// highest is the highest number that exists, was tried, or is recorded for anybody:
// a build that failed has used its number up, and no list shows it.
func (l numberLedger) highest() [3]int {
	highest, _ := numberParts(l.call.After)
	raise := func(number string) {
		if parts, ok := numberParts(number); ok && above(parts, highest) {
			highest = parts
		}
	}
	for _, version := range l.versions {
		raise(version.AppVersion)
	}
	for _, record := range l.records {
		if record.BundleID == l.call.Version.Bundle() {
			raise(record.AppVersion)
		}
	}
	return highest
}

func numberParts(text string) (parts [3]int, ok bool) {
	fields := strings.Split(text, ".")
	if len(fields) != len(parts) {
		return parts, false
	}
	for i, field := range fields {
		value, err := strconv.Atoi(field)
		if err != nil || value < 0 {
			return parts, false
		}
		parts[i] = value
	}
	return parts, true
}

// Higher reports whether a version number is above another, part by part as Alipay compares; what
// is not a number is below every one.
func Higher(number, other string) bool {
	parts, ok := numberParts(number)
	others, known := numberParts(other)
	return ok && (!known || above(parts, others))
}

func above(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}
