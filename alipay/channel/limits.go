package channel

import (
	"time"

	"miniflow/alipay"
)

// Defaults of [Config]. Alipay publishes none, so each names what it is derived from.
const (
	// DefaultPingEvery is the interval of the official client, so that the server sees
	// nothing unusual.
	DefaultPingEvery = 2 * time.Second
	// DefaultSilence is how long a connection may go without a pong: ten pings. The official
	// client needs up to two minutes to notice.
	DefaultSilence = 20 * time.Second
	// DefaultIdle is how long a connection may go without a frame. Two requests in a quarter
	// of an hour cost nothing, while messages of a forgotten link are late by that much.
	DefaultIdle = 15 * time.Minute
	// DefaultConcurrency is how many messages are handled at once. It is in the order of the
	// official client's 10 threads, without its queue of 400, because unread messages are
	// safer at Alipay.
	DefaultConcurrency = 16
	// DefaultReadLimit is the largest frame, in bytes: the same limit as over HTTP, because
	// the same messages come. Genuine ones have a few kilobytes.
	DefaultReadLimit = alipay.MaxBody
	// DefaultSDKVersion names this client, where the official one gives its own name and
	// version; Alipay takes any text.
	DefaultSDKVersion = "miniflow"
)

// Bounds on what the other side may send. TLS authenticates it, but a bound that is never
// reached costs nothing.
const (
	maxAnswer    = 64 << 10
	maxLinkToken = 512
	maxHead      = 4 << 10
	maxEcho      = 256
	maxMessageID = 256 // x-msgId; Alipay's notify_id has at most 50
	maxMembers   = 64
)

// Success codes of the register answer. The second is the one of Alipay's own systems, which
// the official client accepts too.
const (
	codeSuccess         = "10000"
	codeSuccessInternal = "100000000"
)
