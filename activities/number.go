package activities

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// Numbers records which order a version number belongs to; *NumberKeeper is one.
// The record lies outside the order, so that a run that was reset finds it again.
type Numbers interface {
	// Reserve records a number for an order and returns the record that stands, which
	// is another order's when that came first.
	Reserve(ctx context.Context, appID, miniAppID string, wanted order.VersionReservation) (order.VersionReservation, error)
	// Reserved lists what is recorded for a mini program.
	Reserved(ctx context.Context, appID, miniAppID string) ([]order.VersionReservation, error)
}

// clockSlack is how far Alipay's clock and ours may lie apart.
const clockSlack = 2 * time.Minute

// ReserveVersion finds a version number that is the order's own and records it:
// the one that was named, when it is free or has been the order's already, or else
// the next above every number of the mini program. No query says what a version was
// built from, so a number that is taken counts as the order's only if it is recorded
// for this order and was made no earlier than the order had seen it free.
//
// Repeating it is harmless: the record of a number is written once, and the same
// order gets the same record back. It changes nothing at Alipay.
func (a *Alipay) ReserveVersion(ctx context.Context, call NumberCall) (Number, error) {
	if err := ownRun(ctx, call.Run); err != nil {
		return Number{}, err
	}
	number, err := a.reserve(ctx, call)
	return number, refusal(err, "version")
}

func (a *Alipay) reserve(ctx context.Context, call NumberCall) (Number, error) {
	seen := a.Now() // before the question: what is made while it is answered was made later
	versions, err := a.numbersTaken(ctx, call)
	if err != nil {
		return Number{}, err
	}
	records, err := a.Numbers.Reserved(ctx, call.AppID, call.MiniAppID)
	if err != nil {
		return Number{}, err
	}
	ledger := numberLedger{call: call, versions: versions, records: records}
	if call.Version.AppVersion != "" {
		return a.reserveNamed(ctx, ledger, seen)
	}
	if own, ok := ledger.ownAbove(call.After); ok {
		return own, nil
	}
	return a.reserveNext(ctx, ledger, seen)
}

// numbersTaken asks Alipay for a mini program's versions. Its list is that of the
// newest twenty and has no build that runs or failed, so a number that the ISV has
// named and that is not in it is asked about by itself.
func (a *Alipay) numbersTaken(ctx context.Context, call NumberCall) (versions []alipay.VersionInfo, err error) {
	named, bundle := call.Version.AppVersion, call.Version.Bundle()
	err = a.withToken(ctx, call.AppID, call.MiniAppID, func(gateway Gateway, token alipay.Secret) (err error) {
		versions, err = gateway.ListVersions(ctx, token, bundle)
		if err != nil || named == "" || versionOf(versions, named) != nil {
			return err
		}
		built, err := uploaded(ctx, gateway, token, named, bundle)
		if built {
			versions = append(versions, alipay.VersionInfo{AppVersion: named, BundleID: bundle})
		}
		return err
	})
	return versions, err
}

// reserveNamed takes the number that the ISV has named.
func (a *Alipay) reserveNamed(ctx context.Context, ledger numberLedger, seen time.Time) (Number, error) {
	number := ledger.call.Version.AppVersion
	if version := versionOf(ledger.versions, number); version != nil {
		record := ledger.record(number)
		if record == nil {
			return Number{}, taken(number, "Alipay has it already, and no record says that this order built it")
		}
		if !ledger.builtThis(*record, version.CreatedAt) {
			return Number{}, taken(number, ledger.whose(*record))
		}
		return Number{AppVersion: number, Uploaded: true}, nil
	}
	wanted := ledger.reservation(number, seen)
	stands, err := a.Numbers.Reserve(ctx, ledger.call.AppID, ledger.call.MiniAppID, wanted)
	if err != nil {
		return Number{}, err
	}
	if !sameBuild(stands, wanted) {
		return Number{}, taken(number, ledger.whose(stands))
	}
	return Number{AppVersion: number}, nil
}

// reserveNext takes the first number above every one that is known.
func (a *Alipay) reserveNext(ctx context.Context, ledger numberLedger, seen time.Time) (Number, error) {
	highest := ledger.highest()
	for {
		highest[2]++
		wanted := ledger.reservation(fmt.Sprintf("%d.%d.%d", highest[0], highest[1], highest[2]), seen)
		stands, err := a.Numbers.Reserve(ctx, ledger.call.AppID, ledger.call.MiniAppID, wanted)
		if err != nil || sameBuild(stands, wanted) {
			return Number{AppVersion: wanted.AppVersion}, err
		}
	}
}

func taken(number, why string) error {
	return failed(&Failure{
		Class: FailureFix, Code: codeVersionTaken, Taken: true, Fields: []string{"version.app_version"},
		Message: number + " is taken: " + why + "; name a higher number, or none and Miniflow takes the next",
	})
}

// numberLedger is what Alipay and the records say about a mini program's numbers.
type numberLedger struct {
	call     NumberCall
	versions []alipay.VersionInfo
	records  []order.VersionReservation
}

func versionOf(versions []alipay.VersionInfo, number string) *alipay.VersionInfo {
	for i := range versions {
		if versions[i].AppVersion == number {
			return &versions[i]
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

// sameBuild tells whether two records are of one order's build of one template.
func sameBuild(a, b order.VersionReservation) bool {
	a.SeenFreeAt, b.SeenFreeAt = time.Time{}, time.Time{}
	return a == b
}

// builtThis tells whether a taken number is the order's build of what it wants now.
func (l numberLedger) builtThis(record order.VersionReservation, created time.Time) bool {
	inTime := created.IsZero() || !created.Before(record.SeenFreeAt.Add(-clockSlack))
	return inTime && sameBuild(record, l.reservation(record.AppVersion, time.Time{}))
}

// whose says to a person why a number is not this build's.
func (l numberLedger) whose(record order.VersionReservation) string {
	switch {
	case record.OutOrderNo != l.call.OutOrderNo:
		return "it is recorded for order " + record.OutOrderNo
	case !sameBuild(record, l.reservation(record.AppVersion, time.Time{})):
		return "this order has taken it for a build from another template, template version or configuration"
	}
	return "Alipay had it before this order saw it free"
}

// ownAbove finds the highest number that the order has recorded for this build in a
// run that was reset or has ended, above those that it knows to have tried.
func (l numberLedger) ownAbove(after string) (Number, bool) {
	floor, _ := numberParts(after)
	best, found := Number{}, false
	for _, record := range l.records {
		parts, ok := numberParts(record.AppVersion)
		if !ok || !above(parts, floor) || !sameBuild(record, l.reservation(record.AppVersion, time.Time{})) {
			continue
		}
		version := versionOf(l.versions, record.AppVersion)
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

func above(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}
