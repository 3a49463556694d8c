package door

import (
	"time"

	"miniflow/alipay"
)

// Limits on what strangers may send. Genuine messages stay far below them, so a refusal is
// about damage or an attack.
const (
	// MaxNotificationBody is the largest notification, in bytes, the verifier's own limit;
	// one byte more is 413 so that it isn't even parsed.
	MaxNotificationBody = alipay.MaxBody
	// SmallNotificationBody is how much of a body is read before one of the [LargeBodies]
	// places is needed, in bytes. The largest message that Alipay documents is a twentieth of
	// it.
	SmallNotificationBody = 64 << 10
	// LargeBodies is how many bodies above [SmallNotificationBody] are in memory at once, so
	// that a flood of large ones costs a few MiB; further ones wait.
	LargeBodies = 8
)

const (
	// AnswerWithin is how long Temporal has to accept a notification. Alipay gives up after
	// some 16 s, and this package promises 3 s.
	AnswerWithin = 2500 * time.Millisecond
	// Concurrency is how many notifications are passed to Temporal at once, both channels
	// together, so that a burst doesn't exhaust it; further ones wait within their answer
	// limit.
	Concurrency = 256
	// DispatchConcurrency is how many messages of a journal are passed to Temporal at once. More
	// bring no more a second, and the calls of the API stand behind them.
	DispatchConcurrency = 64
	// MemorySize is how many accepted bodies are remembered, some 200 bytes each, so about 3
	// MiB.
	MemorySize = 16384
	// MemoryFor is how long they are remembered. It covers the repeats that come soon (at
	// once, after 2, 10 and 10 minutes); the workflows recognise later ones. They are the
	// guarantee, so this cache need not be larger.
	MemoryFor = time.Hour
	// MaxAge is the age beyond which a message no longer acts. Alipay's last attempt comes 25
	// hours after the first; the workflows recognise a repeat for as long as histories are
	// kept, and 35 days is the minimum of that.
	MaxAge = 35 * 24 * time.Hour
)

// Limits on what a notification may carry into a workflow, so that its state stays small
// however large the message was.
const (
	// MaxContent is the largest content, and the most signed bytes, that are sealed and kept,
	// in bytes, because Temporal limits payloads.
	MaxContent = 64 << 10
	// MaxOrderContent is the largest content that is sent to an order. A mini program gets
	// the whole content, because it bounds what it keeps itself.
	MaxOrderContent = 4 << 10
	// MaxID is the longest id of Alipay's that is used, in bytes. Documented ones have 32 at
	// most; a longer one can't identify anything.
	MaxID = 128
	// MaxWord is the longest name or status that is kept, in bytes; the rest is cut, because
	// it is stored and logged.
	MaxWord = 128
	// MaxReasons and MaxImages bound an audit's rejection, because order.MaxReasonBytes does
	// not count entries.
	MaxReasons = 32
	MaxImages  = 32
)

// The limits that keep the log from flooding: refusals beyond this many a second are only
// counted in the metrics, and the next line contains their number.
const (
	refusalLines = 5
	refusalBurst = 20
)

// FailureFor is how long a notification that Temporal did not accept counts against
// readiness, unless a later one was accepted.
const FailureFor = 5 * time.Second
