package miniprogram

import (
	"slices"

	"miniflow/order"
)

// maxReservations bounds the version numbers that are remembered. Those of orders
// that have ended are forgotten first: a number that is taken and known to nobody is
// not an order's here.
const maxReservations = 100

// namedVersion is a version of a mini program, empty when none is known. Numbers are counted for
// each client, so both are needed.
type namedVersion struct {
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
}

// reserve gives an order a number. The first to ask has it, and gets its own
// back unchanged however often it asks.
func (m *entity) reserve(asked order.VersionReservation) order.VersionReservation {
	for i := range m.Reservations {
		if r := &m.Reservations[i]; r.AppVersion == asked.AppVersion && r.BundleID == asked.BundleID {
			return *r
		}
	}
	m.Reservations = append(m.Reservations, asked)
	if len(m.Reservations) > maxReservations {
		m.forgetReservation()
	}
	return asked
}

// forgetReservation forgets the oldest of an order that has ended; else the oldest
// of one that stands in no queue; else the oldest.
func (m *entity) forgetReservation() {
	i := slices.IndexFunc(m.Reservations, func(r order.VersionReservation) bool { return r.Ended })
	if i < 0 {
		i = slices.IndexFunc(m.Reservations, func(r order.VersionReservation) bool { return !slices.Contains(m.orders(), r.OutOrderNo) })
	}
	i = max(i, 0)
	m.Reservations = slices.Delete(m.Reservations, i, i+1)
}

// markReservations notes whether an order has ended. One that claims again is back.
func (m *entity) markReservations(outOrderNo string, ended bool) {
	for i := range m.Reservations {
		if m.Reservations[i].OutOrderNo == outOrderNo {
			m.Reservations[i].Ended = ended
		}
	}
}

// reservedFor returns the reservation of the version that a message names; nil when nobody here has
// taken it, as for one that was uploaded in the console.
func (m *entity) reservedFor(n order.Notification) *order.VersionReservation {
	if n.AppVersion == "" {
		return nil
	}
	for i := len(m.Reservations) - 1; i >= 0; i-- { // of several clients' the newest
		if m.Reservations[i].Names(n.AppVersion, n.BundleID) {
			return &m.Reservations[i]
		}
	}
	return nil
}

// hasReserved reports whether an order has taken a number, so that its own messages
// can be distinguished from others'. One that uploads by itself takes none.
func (m *entity) hasReserved(outOrderNo string) bool {
	return slices.ContainsFunc(m.Reservations, func(r order.VersionReservation) bool { return r.OutOrderNo == outOrderNo })
}

// place is where a message belongs; each has one way to deal with it.
type place int

const (
	placeCharge place = iota
	placeKept
	placeLate
)

// placeOf says where a message belongs, and why. Messages about audits name no order, so the
// version's number decides: an order has recorded it before it used it. A result for a
// version whose order is still to come is kept for that: the order in charge would call it
// stale. Where no number helps, the order in charge is asked, since Alipay has one version
// in its pipeline at a time.
func (m *entity) placeOf(n order.Notification) (place, string) {
	owner := m.reservedFor(n)
	switch {
	case owner != nil && owner.OutOrderNo == m.InCharge:
		return placeCharge, ""
	case owner != nil && !owner.Ended:
		return placeKept, "it is about version " + n.AppVersion + ", which order " + owner.OutOrderNo + " has taken, whose turn has not come"
	case m.InCharge != "" && (n.AppVersion == "" || !m.hasReserved(m.InCharge)):
		return placeCharge, ""
	case owner != nil:
		return placeLate, "its order had ended: " + owner.OutOrderNo
	case m.InCharge != "":
		return placeKept, "it is about version " + n.AppVersion + ", which is not that of the order in charge; no order for it has come yet"
	case m.Ended == "":
		return placeKept, "no order has claimed its mini program yet"
	case n.AppVersion == "" || m.isEndedVersion(n):
		return placeLate, "its order had ended: " + m.Ended
	}
	return placeKept, "it is about version " + n.AppVersion + ", which is not that of the order that has ended; no order for it has come yet"
}

// isEndedVersion reports whether a message is about the version of the order that ended
// last, for which it is late. About any other version an order may still come.
func (m *entity) isEndedVersion(n order.Notification) bool {
	ended := order.VersionReservation{AppVersion: m.EndedVersion.AppVersion, BundleID: m.EndedVersion.BundleID}
	return ended.AppVersion != "" && ended.Names(n.AppVersion, n.BundleID)
}
