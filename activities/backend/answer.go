package backend

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is what an address made of a request. Its text names no address.
type Answer struct {
	// Status is the answer's; 0 where there was none.
	Status int
	// Body is its beginning, of at most 4 KiB.
	Body []byte
	Text string
	// RetryAfter is how long the address wants to be left alone, within bounds; 0 where it has not
	// said.
	RetryAfter time.Duration
}

// OK reports whether the address has taken what was posted, in the words of the Standard Webhooks
// specification.
func (a Answer) OK() bool { return a.Status/100 == 2 }

// Gone reports a 410, which that specification has for messages that are not wanted any more.
func (a Answer) Gone() bool { return a.Status == http.StatusGone }

// maxAnswer bounds what is read of an answer, in bytes: an address may answer with a page, and
// "success" is seven.
const maxAnswer = 4 << 10

// Post posts, and says what came of it.
func (p Poster) Post(request *http.Request) Answer {
	response, err := p.HTTP.Do(request)
	if err != nil {
		return Answer{Text: p.unreached(err)}
	}
	// The beginning was read, or is not wanted: nothing is lost if closing fails.
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil { // an answer that breaks off has said nothing but its status
		body = nil
	}
	return Answer{
		Status: response.StatusCode, Body: body, Text: p.refusedStatus(response.StatusCode), RetryAfter: retryAfter(response.Header, p.Now()),
	}
}

// unreached says why there was no answer. The causes repeat addresses; what is
// said here does not.
func (p Poster) unreached(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		network     net.Error
	)
	switch {
	case p.Forbidden(err):
		return p.did("is inside a network that is not public: list it under files.allow if that is meant")
	case errors.As(err, &name):
		return "the name of " + p.Name + " could not be resolved"
	case errors.As(err, &certificate):
		return "the certificate of " + p.Name + " is not accepted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return p.did("did not answer in time")
	default:
		return p.did("could not be reached")
	}
}

// Bounds on a Retry-After, within which it counts: an address that asks for no pause would be flooded,
// one that asks for days would lose what it is told.
const (
	leastRetryAfter = 5 * time.Second
	mostRetryAfter  = 6 * time.Hour
)

// retryAfter reads the header: seconds, or a date (RFC 9110, 10.2.3). One that can't be
// read asks for nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	var asked time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		asked = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		asked = at.Sub(now)
	} else {
		return 0
	}
	return min(max(asked, leastRetryAfter), mostRetryAfter)
}
