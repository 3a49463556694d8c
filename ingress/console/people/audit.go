package people

import (
	"time"

	"miniflow/internal/audit"
)

// Event is what the audit log says of somebody at the door of the console.
type Event string

// The events.
const (
	EventLogIn   Event = "log-in"
	EventRefused Event = "log-in-refused"
	// EventLockOut is the refusal that has closed the account for a time.
	EventLockOut Event = "lock-out"
	EventLogOut  Event = "log-out"
)

// Entry is one line for the audit log.
type Entry struct {
	At    time.Time
	Event Event
	// Name is an account's, never what was merely typed: people type passwords into that field.
	Name    string
	Role    string
	Address string
	Way     Way
	// Reason is why somebody was refused.
	Reason Reason
}

// Record returns the entry as the audit log takes it.
func (e Entry) Record() audit.Entry {
	record := audit.Entry{At: e.At, Who: e.Name, Role: e.Role, Address: e.Address, Action: string(e.Event), Outcome: audit.Done}
	switch e.Event {
	case EventRefused:
		record.Action, record.Outcome, record.Problem = string(EventLogIn), audit.Refused, string(e.Reason)
	case EventLockOut:
		record.Outcome, record.Problem = audit.Refused, string(e.Reason)
	case EventLogIn, EventLogOut:
	}
	return record
}
