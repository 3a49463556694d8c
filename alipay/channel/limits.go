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
	// DefaultSilence is how long a connection may go without a pong: ten pings, because a
	// single one may be lost in a stall. The official client needs up to two minutes to
	// notice.
	DefaultSilence = 20 * time.Second
	// DefaultIdle is how long a connection may go without a frame. It is short because two
	// requests in a quarter of an hour cost nothing, while messages of a forgotten link are
	// late by that much.
	DefaultIdle = 15 * time.Minute
	// DefaultConcurrency is how many messages are handled at once. It is in the order of the
	// official client's 10 threads, without its queue of 400, because unread messages are
	// safer at Alipay.
	DefaultConcurrency = 16
	// DefaultReadLimit is the largest frame, in bytes: the same limit as over HTTP, because
	// the same messages come. Genuine ones have a few kilobytes.
	DefaultReadLimit = alipay.MaxBody
	// DefaultSDKVersion is the sdk_version that we register with. Alipay accepts any text, so
	// it names the program that its support should ask about.
	DefaultSDKVersion = "miniflow"
)

// Bounds on what the other side may send. TLS authenticates it, but a bound that is never
// reached costs nothing, so there is one for everything.
const (
	maxAnswer    = 64 << 10
	maxLinkToken = 512
	maxHead      = 4 << 10
	maxEcho      = 256
	maxMessageID = 256
	maxMembers   = 64
)

// Success codes of the register answer. The second comes from Alipay's own systems; it is
// accepted because the official client does.
const (
	codeSuccess         = "10000"
	codeSuccessInternal = "100000000"
)
