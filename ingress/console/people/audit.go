package people

import "time"

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
