package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"miniflow/alipay/gateway/codes"
)

// Call makes one call and verifies its answer. The error is always an *Error whose Class
// determines what the caller should do. A call is not repeated here, because only the caller
// knows whether that is harmless, and a redirect is not followed.
//
// The typed methods of Client wrap Call with named fields; use Call for methods that have no
// such wrapper.
func (c *Client) Call(ctx context.Context, r Request) (*Response, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := c.config.Limiter.Wait(ctx); err != nil {
		return nil, notSent(r.Method, codes.Retry(), fmt.Errorf("waiting for its turn: %w", err))
	}
	timeout := c.config.Timeout
	if r.multipart() {
		timeout = c.config.UploadTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := c.newHTTP(ctx, r)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, r, request)
}

func (c *Client) exchange(ctx context.Context, r Request, request *http.Request) (*Response, error) {
	started := c.config.Now()
	got, sendErr := c.send(request, scrubberOf(r))
	duration := c.config.Now().Sub(started)

	var response *Response
	var err error
	if sendErr != nil {
		err = unknownResult(r.Method, sendErr)
	} else {
		response, err = c.interpret(r, got)
	}
	var failed *Error
	if errors.As(err, &failed) {
		failed.Status, failed.TraceID = got.status, got.traceID
	}
	leaveTrace(ctx, r.Method, got.traceID)
	if c.config.Observe != nil {
		c.config.Observe(ctx, Exchange{Method: r.Method, TraceID: got.traceID, Status: got.status, Duration: duration, Err: err})
	}
	return response, err
}

// send makes the HTTP exchange. The answer holds what is known even on error, because support
// needs the trace id of a failed call above all.
func (c *Client) send(request *http.Request, words scrubber) (answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrNoAnswer, words.transport(err))
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{
		status:  response.StatusCode,
		traceID: words.identifier(response.Header.Get("trace_id")),
		charset: charsetOf(response.Header),
	}
	got.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return got, fmt.Errorf("%w: %w", ErrNoAnswer, words.transport(err))
	case len(got.body) > maxAnswer:
		return got, ErrAnswerTooBig
	}
	return got, nil
}

// transport makes an error of the HTTP client safe to show, because its text holds the whole
// address, and so the token; the wrapped reason may still repeat parts of it.
func (s scrubber) transport(err error) error {
	var withAddress *url.Error
	if errors.As(err, &withAddress) {
		err = withAddress.Err
	}
	return &scrubbedError{text: s.clean(err.Error()), err: err}
}

// scrubbedError shows a cleaned text and keeps the chain for errors.Is, because the original
// text contains the token.
type scrubbedError struct {
	text string
	err  error
}

func (e *scrubbedError) Error() string { return e.text }

func (e *scrubbedError) Unwrap() error { return e.err }
