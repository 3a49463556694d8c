package ingress

import "time"

// MaxHeaderBytes bounds request line and headers, in bytes; more is 431, because genuine ones
// have a few hundred. Go reads 4 KiB beyond it before it gives up.
const MaxHeaderBytes = 16 << 10

// How long clients may take. A genuine notification arrives in a few packets, so a client that
// takes longer is slow on purpose or broken.
const (
	// RequestPatience is how long a request may take to arrive, headers and body together,
	// from the connection's first moment or the request's first byte: a slow sender holds a
	// connection for no longer.
	RequestPatience = 5 * time.Second
	// AnswerPatience bounds a whole answer, from the headers to its last byte. It is above
	// the longest wait of the REST API, a minute, so that it never cuts a long-poll.
	AnswerPatience = 75 * time.Second
	// IdlePatience is how long a connection may be kept between requests, so that a caller
	// which polls needs no new one each time.
	IdlePatience = time.Minute
)

// The limits of readiness checks. They are short, because load balancers ask every few
// seconds.
const (
	// ProbeWithin bounds one check, so that /readyz answers before a load balancer gives up.
	ProbeWithin = time.Second
	// ProbeFor is how long a result is valid, so that many load balancers cost one check.
	ProbeFor = time.Second
)
