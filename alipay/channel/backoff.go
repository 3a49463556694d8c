package channel

import (
	"context"
	"encoding/binary"
	"io"
	"time"
)

// backoff returns the wait before the attempt that follows n failed ones. Half of it is
// random, so that a thousand clients that lost their server together do not reconnect
// together.
func (c *Client) backoff(n int) time.Duration {
	b := c.config.Backoff
	most := b.Max
	if b.Min <= b.Max>>n { // Max is shifted because Min<<n may overflow
		most = b.Min << n
	}
	var random [8]byte
	if _, err := io.ReadFull(c.config.Rand, random[:]); err != nil {
		return most
	}
	half := most / 2
	chance := binary.BigEndian.Uint64(random[:]) % uint64(half+1) //nolint:gosec // half is positive
	return most - half + time.Duration(chance)                    //nolint:gosec // chance is not above half
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
