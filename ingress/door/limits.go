package door

import (
	"time"

	"miniflow/alipay"
)

// What strangers may send. What Alipay sends stays far below.
const (
	// MaxNotificationBody is the largest notification, in bytes; one byte more is 413.
	MaxNotificationBody = alipay.MaxBody
	// SmallNotificationBody is as much of a body as is read before a place among
	// the [LargeBodies] is needed, in bytes. The largest message that Alipay
	// documents is a twentieth of it.
	SmallNotificationBody = 64 << 10
	// LargeBodies is how many bodies above [SmallNotificationBody] are in memory at
	// once, so that a flood of large ones costs a few MiB; more wait their turn.
	LargeBodies = 8
)

// How a verified notification is worked on.
const (
	// AnswerWithin is how long Temporal has to accept a notification. Alipay gives up
	// after some 16 s and the door promises 3 s.
	AnswerWithin = 2500 * time.Millisecond
	// Concurrency is how many notifications are handed to Temporal at once, both
	// channels together; more wait within their answer limit.
	Concurrency = 256
	// MemorySize is how many accepted bodies the door remembers, some 200 bytes each.
	MemorySize = 16384
	// MemoryFor is how long it remembers them. It covers the repeats that come soon
	// (at once, after 2, 10 and 10 minutes); what comes later is recognised by the
	// workflows, which are the guarantee, so the door need not trust itself longer.
	MemoryFor = time.Hour
	// MaxAge is the age beyond which a message acts no more. Alipay's last try comes
	// 25 hours after the first; the workflows recognise a repeat for as long as
	// histories are kept, and 35 days is the least of that.
	MaxAge = 35 * 24 * time.Hour
)

// What a notification may carry into a workflow, so that its state stays small
// however large the message was.
const (
	// MaxContent is the largest content, and the most signed bytes, that are sealed and
	// kept, in bytes.
	MaxContent = 64 << 10
	// MaxOrderContent is the largest content that goes along to an order. A mini
	// program gets it whole and bounds what it holds.
	MaxOrderContent = 4 << 10
	// MaxID is the longest id of Alipay's that is used, in bytes. Documented ones
	// have 32 at most. A longer one names nothing.
	MaxID = 128
	// MaxWord is the longest name or status that is kept, in bytes; the rest is cut.
	MaxWord = 128
	// MaxReasons and MaxImages bound an audit's refusal beside order.MaxReasonBytes,
	// which does not count entries.
	MaxReasons = 32
	MaxImages  = 32
)

// How the log is kept from flooding: refusals beyond this many a second are
// counted in the metrics only, and the next line says how many there were.
const (
	refusalLines = 5
	refusalBurst = 20
)

// FailureFor is how long a notification that Temporal did not accept speaks against
// readiness, unless a later one was accepted.
const FailureFor = 5 * time.Second
