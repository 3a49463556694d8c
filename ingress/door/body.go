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

// readBody reads a body to its end or to the limit. A body above [SmallNotificationBody]
// needs one of a few places, so that many large bodies at once can't fill the memory. free
// has to be called in any case once the body is no longer used; a reason other than "" is a
// refusal.
func (d *Door) readBody(r *http.Request) (body []byte, free func(), reason notify.Reason) {
	free = func() {}
	if r.ContentLength > MaxNotificationBody {
		return nil, free, notify.ReasonTooLarge
	}
	var buffer bytes.Buffer
	room(&buffer, min(r.ContentLength, announcedRoom))
	if reason = fill(&buffer, r.Body, SmallNotificationBody); reason != "" || buffer.Len() < SmallNotificationBody {
		return buffer.Bytes(), free, reason
	}
	if free, reason = d.largePlace(r.Context()); reason != "" {
		return nil, free, reason
	}
	// One byte over the limit is enough to refuse it, here, because it must not wait for a
	// lane among those whose signatures are checked. The memory for all of it is allocated at
	// once, because growing by doubling would leave as much garbage.
	room(&buffer, MaxNotificationBody+1-int64(buffer.Len()))
	reason = fill(&buffer, r.Body, MaxNotificationBody+1)
	if reason == "" && buffer.Len() > MaxNotificationBody {
		reason = notify.ReasonTooLarge
	}
	return buffer.Bytes(), free, reason
}

// announcedRoom is how much memory is allocated for a body because of its announced length
// alone, in bytes. More is allocated only for bytes that arrived, because an announcement
// costs its sender nothing.
const announcedRoom = 8 << 10

// room grows the buffer so that size more bytes, and the end, can be read without growing
// again.
func room(buffer *bytes.Buffer, size int64) {
	if size > 0 {
		buffer.Grow(int(size) + bytes.MinRead)
	}
}

// largePlace waits no longer than a slow client may take, because the sender's connection is
// held meanwhile.
func (d *Door) largePlace(ctx context.Context) (free func(), reason notify.Reason) {
	ctx, done := context.WithTimeout(ctx, ingress.RequestPatience)
	defer done()
	select {
	case d.large <- struct{}{}:
		return func() { <-d.large }, ""
	case <-ctx.Done():
		return func() {}, ReasonCrowded
	}
}

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
