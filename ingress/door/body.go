package door

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"miniflow/alipay/notify"
	"miniflow/ingress"
)

// readBody reads a body to its end or to the limit. What is above
// [SmallNotificationBody] needs one of a few places, so that many large bodies
// at once can't fill the memory. Release has to be called once the body is done
// with, whatever the reason; a reason other than "" is a refusal.
func (d *Door) readBody(r *http.Request) (body []byte, release func(), reason notify.Reason) {
	release = func() {}
	if r.ContentLength > MaxNotificationBody {
		return nil, release, notify.ReasonTooLarge
	}
	var buffer bytes.Buffer
	room(&buffer, min(r.ContentLength, announcedRoom))
	if reason = fill(&buffer, r.Body, SmallNotificationBody); reason != "" || buffer.Len() < SmallNotificationBody {
		return buffer.Bytes(), release, reason
	}
	if release, reason = d.largePlace(r.Context()); reason != "" {
		return nil, release, reason
	}
	// One byte over the limit is enough for the verifier to refuse it. The room for
	// all of it is made at once: growing by doubling would leave as much behind.
	room(&buffer, MaxNotificationBody+1-int64(buffer.Len()))
	reason = fill(&buffer, r.Body, MaxNotificationBody+1)
	return buffer.Bytes(), release, reason
}

// announcedRoom is how much room is made for a body because of its announced
// length alone, in bytes. More comes with the bytes themselves: an announcement
// costs its sender nothing.
const announcedRoom = 8 << 10

// room lets the buffer take so many bytes more without growing, and notice the end.
func room(buffer *bytes.Buffer, size int64) {
	if size > 0 {
		buffer.Grow(int(size) + bytes.MinRead)
	}
}

// largePlace waits for a place among the large bodies.
func (d *Door) largePlace(ctx context.Context) (release func(), reason notify.Reason) {
	ctx, done := context.WithTimeout(ctx, ingress.RequestPatience)
	defer done()
	select {
	case d.large <- struct{}{}:
		return func() { <-d.large }, ""
	case <-ctx.Done():
		return func() {}, ReasonCrowded
	}
}

// fill reads until the buffer holds limit bytes or the body ends.
func fill(buffer *bytes.Buffer, body io.Reader, limit int) notify.Reason {
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
