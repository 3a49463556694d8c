package activities

import (
	"bytes"
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

// forwardAnswer is what a target made of a request. Its text names no address.
type forwardAnswer struct {
	taken bool
	// gone is a target's 410, which the Standard Webhooks specification has for messages that are
	// not wanted any more.
	gone       bool
	text       string
	retryAfter time.Duration
}

// maxAnswer bounds what is read of an answer, in bytes: a target may answer with a page, and
// "success" is seven.
const maxAnswer = 4 << 10

func (f *Forwarder) post(request *http.Request, target ForwardTarget) forwardAnswer {
	response, err := f.HTTP.Do(request)
	if err != nil {
		return forwardAnswer{text: f.unreached(err)}
	}
	// The beginning was read, or is not wanted: nothing is lost if closing fails.
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	answer := forwardAnswer{text: refusedStatus(response.StatusCode), retryAfter: retryAfter(response.Header, f.Now())}
	switch {
	case response.StatusCode == http.StatusGone:
		answer.gone = true
	case target.Raw && response.StatusCode == http.StatusOK:
		answer.taken = err == nil && strings.EqualFold(string(bytes.TrimSpace(body)), "success")
		answer.text = "the forward target did not answer success"
		if answer.taken {
			answer.text = "the forward target answered success"
		}
	case !target.Raw && response.StatusCode/100 == 2:
		answer.taken = true
	}
	return answer
}

// unreached says why there was no answer. The causes repeat addresses; what is
// said here does not.
func (f *Forwarder) unreached(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		network     net.Error
	)
	switch {
	case f.Forbidden(err):
		return "the forward target is inside a network that is not public: list it under files.allow if that is meant"
	case errors.As(err, &name):
		return "the name of the forward target could not be resolved"
	case errors.As(err, &certificate):
		return "the certificate of the forward target is not accepted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "the forward target did not answer in time"
	default:
		return "the forward target could not be reached"
	}
}

// retryAfter reads the header: seconds, or a date (RFC 9110, 10.2.3). One that can't be
// read asks for nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 1)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 1)
	}
	return 0
}
