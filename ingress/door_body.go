package ingress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"miniflow/alipay"
)

// readBody reads a body to its end or to the limit. What is above
// [SmallNotificationBody] needs one of a few places, so that many large bodies
// at once can't fill the memory. Release has to be called once the body is done
// with, whatever the reason; a reason other than "" is a refusal.
func (d *Door) readBody(r *http.Request) (body []byte, release func(), reason alipay.Reason) {
	release = func() {}
	if r.ContentLength > MaxNotificationBody {
		return nil, release, alipay.ReasonTooLarge
	}
	var buffer bytes.Buffer
	if reason = fill(&buffer, r.Body, SmallNotificationBody); reason != "" || buffer.Len() < SmallNotificationBody {
		return buffer.Bytes(), release, reason
	}
	if release, reason = d.largePlace(r.Context()); reason != "" {
		return nil, release, reason
	}
	// One byte over the limit is enough for the verifier to refuse it.
	reason = fill(&buffer, r.Body, MaxNotificationBody+1)
	return buffer.Bytes(), release, reason
}

// largePlace waits for a place among the large bodies.
func (d *Door) largePlace(ctx context.Context) (release func(), reason alipay.Reason) {
	ctx, done := context.WithTimeout(ctx, RequestPatience)
	defer done()
	select {
	case d.large <- struct{}{}:
		return func() { <-d.large }, ""
	case <-ctx.Done():
		return func() {}, ReasonCrowded
	}
}

// fill reads until the buffer holds limit bytes or the body ends.
func fill(buffer *bytes.Buffer, body io.Reader, limit int) alipay.Reason {
	_, err := io.Copy(buffer, io.LimitReader(body, int64(limit-buffer.Len())))
	switch {
	case err == nil:
		return ""
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ReasonSlow
	default:
		return ReasonCutOff
	}
}
