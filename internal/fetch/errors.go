package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"code.dny.dev/ssrf"
)

// The reasons why a file could not be fetched. Test with errors.Is. Texts name the host and
// what to do, never the path or the query, because those often carry a signature.
var (
	// ErrBadReference means that the url or the sha256 of the reference is not usable, so the
	// order has to change.
	ErrBadReference = errors.New("file reference refused")
	// ErrForbiddenAddress means that the url leads to an address that the SSRF guard refuses,
	// so no connection was made.
	ErrForbiddenAddress = errors.New("address refused")
	// ErrRedirected means that the server answered with a redirect, which is never followed,
	// because it may lead where the order's url could not.
	ErrRedirected = errors.New("redirect refused")
	// ErrNotServed means that the server answered without the file (4xx), most often because a
	// signed link has expired.
	ErrNotServed = errors.New("file not served")
	// ErrUnreachable means that there was no connection, no complete answer in time, or a
	// failure of the server's own (5xx, 429), so a retry can help.
	ErrUnreachable = errors.New("file server unreachable")
	// ErrTooLarge means that the file has more bytes than allowed, so Alipay would refuse it
	// too.
	ErrTooLarge = errors.New("file too large")
	// ErrHashMismatch means that the file is not the one that the order named, because
	// somebody changed it since.
	ErrHashMismatch = errors.New("file differs from its sha256")
	// ErrUnsupportedType means that the file is neither a picture nor an archive that Alipay
	// accepts.
	ErrUnsupportedType = errors.New("file type not supported")
)

// Retryable reports whether the same reference may work later without a change. A file cut
// short by its server counts, as its error is [ErrUnreachable].
func Retryable(err error) bool { return errors.Is(err, ErrUnreachable) }

// classify turns an error of the HTTP client into one of ours. The client's own *url.Error is
// unwrapped because its text repeats the whole URL.
func classify(host string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	switch {
	case Forbidden(err):
		return fmt.Errorf("%w: %s leads to a network that is not public; list it under files.allow if that is meant: %w",
			ErrForbiddenAddress, host, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("fetch from %s: %w", host, err)
	default:
		return fmt.Errorf("%w: %s: %w", ErrUnreachable, host, err)
	}
}

// Forbidden reports whether an error of a client made by [Guard.Client] is the guard's
// refusal of an address, because retrying such a call is useless.
func Forbidden(err error) bool {
	return errors.Is(err, ErrForbiddenAddress) || errors.Is(err, ssrf.ErrProhibitedIP) ||
		errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrInvalidHostPort) ||
		errors.Is(err, ssrf.ErrProhibitedPort)
}
