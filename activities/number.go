package activities

import (
	"context"
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/words"
)

// Numbers records which order a version number belongs to; *NumberKeeper is one.
// The record lies outside the order, so that a run that was reset finds it again.
type Numbers interface {
	// Reserve records a number for an order and returns the record that stands, which is another
	// order's when that came first.
	Reserve(ctx context.Context, appID, miniAppID string, wanted order.VersionReservation) (order.VersionReservation, error)
	Reserved(ctx context.Context, appID, miniAppID string) ([]order.VersionReservation, error)
}

// clockSlack is how far Alipay's clock and ours may lie apart before a build of the order's own
// counts as another's.
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
	number, err := a.reserve(ctx, call)
	return number, refusal(err, "version")
}

func (a *Alipay) reserve(ctx context.Context, call NumberCall) (Number, error) {
	seen := a.Now() // before the question: what is made while it is answered was made later
	versions, err := a.numbersTaken(ctx, call)
	if err != nil {
		return Number{}, err
	}
	if call.Fresh && attempt(ctx) == 1 && call.Version.AppVersion == "" {
		number, err := a.reserveNext(ctx, numberLedger{call: call, versions: versions}, seen)
		if !isNumbersTaken(err) {
			return number, err
		}
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

// numbersTaken asks for the newest twenty, which is all that Alipay lists.
func (a *Alipay) numbersTaken(ctx context.Context, call NumberCall) (versions []gateway.VersionInfo, err error) {
	err = a.withToken(ctx, call.AppID, call.MiniAppID, func(gateway Gateway, token alipay.Secret) (err error) {
		versions, err = gateway.ListVersions(ctx, token, call.Version.Bundle())
		return err
	})
	return versions, err
}

// isBuilt asks about a number that the list does not show: the list is cut, and has no
// build that runs or failed.
func (a *Alipay) isBuilt(ctx context.Context, call NumberCall, number string) (built bool, err error) {
	err = a.withToken(ctx, call.AppID, call.MiniAppID, func(gateway Gateway, token alipay.Secret) (err error) {
		built, err = uploaded(ctx, gateway, token, number, call.Version.Bundle())
		return err
	})
	return built, err
}

// reserveNamed takes the number that the ISV has named, or refuses: the ISV may have told others of
// it, so no other is taken in its place.
func (a *Alipay) reserveNamed(ctx context.Context, ledger numberLedger, seen time.Time) (Number, error) {
	call, number := ledger.call, ledger.call.Version.AppVersion
	version := ledger.version(number)
	if version == nil {
		built, err := a.isBuilt(ctx, call, number)
		if err != nil {
			return Number{}, err
		}
		if built {
			version = &gateway.VersionInfo{AppVersion: number} // made at a time that nobody knows
		}
	}
	if version != nil {
		return Number{AppVersion: number, Uploaded: true}, ledger.ours(number, version.CreatedAt)
	}
	wanted := ledger.reservation(number, seen)
	stands, err := a.Numbers.Reserve(ctx, call.AppID, call.MiniAppID, wanted)
	if err == nil && !sameBuild(stands, wanted) {
		err = taken(number, ledger.whose(stands))
	}
	return Number{AppVersion: number}, err
}

// reserveNext takes the first number above every one that is known, since Alipay takes none below
// its highest.
func (a *Alipay) reserveNext(ctx context.Context, ledger numberLedger, seen time.Time) (Number, error) {
	call, highest := ledger.call, ledger.highest()
	for range mostTaken {
		highest[2]++
		wanted := ledger.reservation(fmt.Sprintf("%d.%d.%d", highest[0], highest[1], highest[2]), seen)
		built, err := a.isBuilt(ctx, call, wanted.AppVersion)
		if err != nil {
			return Number{}, err
		}
		if built {
			continue
		}
		stands, err := a.Numbers.Reserve(ctx, call.AppID, call.MiniAppID, wanted)
		if err != nil || sameBuild(stands, wanted) {
			return Number{AppVersion: wanted.AppVersion}, err
		}
	}
	above := fmt.Sprintf("%d.%d.%d", highest[0], highest[1], highest[2])
	return Number{}, failed(&Failure{
		Class: FailureUnknown, Traceless: true, Code: CodeNumbersTaken, Above: above,
		Message: words.New("failure.numbers", above),
	})
}

func isNumbersTaken(err error) bool { return err != nil && FailureOf(err).Code == CodeNumbersTaken }

// mostTaken bounds how many numbers are asked about in one look for a free one: each is a call, and
// the next look begins above them.
const mostTaken = 2

func taken(number string, why words.Text) error {
	return failed(&Failure{
		Class: FailureFix, Code: codeVersionTaken, Taken: true, Fields: []string{"version.app_version"},
		Message: words.New("failure.number_taken", number, why),
	})
}
