package channel

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// link is one open connection.
type link struct {
	conn  *websocket.Conn
	raw   *rawConn
	write time.Duration

	// ctx ends with the connection; its cause is why. Ending it while a read is
	// under way closes the connection.
	ctx context.Context //nolint:containedctx // it is the connection's life, and no call's
	end context.CancelCauseFunc

	lastPong, lastFrame atomic.Pointer[time.Time]
	held                atomic.Bool           // nothing is read because every place is taken
	leaving             atomic.Pointer[Error] // why we say goodbye, while we do
}

// live begins the connection's life. It ends by end alone: when ctx is done the
// messages in hand are still acknowledged.
func (l *link) live(ctx context.Context) {
	l.ctx, l.end = context.WithCancelCause(context.WithoutCancel(ctx))
	l.heard()
	l.stirred()
}

// heard notes a pong. The library calls it while reading.
func (l *link) heard() {
	now := time.Now()
	l.lastPong.Store(&now)
}

// stirred notes a frame.
func (l *link) stirred() {
	now := time.Now()
	l.lastFrame.Store(&now)
}

// hold tells that reading has stopped, or goes on. Pongs that wait behind unread
// frames are not missing, so silence counts from here again.
func (l *link) hold(stopped bool) {
	l.heard()
	l.held.Store(stopped)
}

// silentFor is how long no pong has come while it could have been read.
func (l *link) silentFor() time.Duration {
	if l.held.Load() {
		return 0
	}
	return time.Since(*l.lastPong.Load())
}

// idleFor is how long no frame has come while one could have been read.
func (l *link) idleFor() time.Duration {
	if l.held.Load() {
		return 0
	}
	return time.Since(*l.lastFrame.Load())
}

// keepAlive pings until ctx ends, and ends the connection when no pong has come
// for the time of silence. Data is no sign of life: it may still arrive where
// nothing of ours gets out any more, and then no ack does. Nor are pongs a sign
// that messages still come: after the idle time another connection is due.
func (l *link) keepAlive(ctx context.Context, c *Config) {
	tick := time.NewTicker(c.PingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if l.silentFor() >= c.Silence {
			l.end(&Error{Step: StepLink, Cause: CauseSilent})
			return
		}
		if l.idleFor() >= c.Idle {
			l.leave(&Error{Step: StepLink, Cause: CauseIdle}, c.Timeouts.Close)
			return
		}
		if err := l.ping(); err != nil {
			l.end(l.why(err))
			return
		}
	}
}

func (l *link) ping() error {
	ctx, done := context.WithTimeout(context.WithoutCancel(l.ctx), l.write)
	defer done()
	return l.raw.ping(ctx)
}

// answer sends an ack. It goes out on the connection that brought the message or
// not at all: another connection would not know its stream-id.
func (l *link) answer(ack []byte) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(l.ctx), l.write)
	defer done()
	return l.conn.Write(ctx, websocket.MessageText, ack)
}

// whole reads the rest of a frame, or ends the connection.
func (l *link) whole(body io.Reader, within time.Duration) ([]byte, error) {
	late := time.AfterFunc(within, func() { l.end(&Error{Step: StepLink, Cause: CauseTimeout}) })
	defer late.Stop()
	return io.ReadAll(body)
}

// why gives the error of an ended connection: our own reason for ending it comes
// first, since every read fails after it.
func (l *link) why(err error) *Error {
	if ours := l.leaving.Load(); ours != nil {
		return ours
	}
	var ours *Error
	if errors.As(context.Cause(l.ctx), &ours) || errors.As(err, &ours) {
		return ours
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return &Error{Step: StepLink, Cause: CauseTooLarge}
	}
	// The reason that comes with a close code is the other side's words.
	if code := websocket.CloseStatus(err); code != -1 {
		return &Error{Step: StepLink, Cause: CauseClosed, Code: strconv.Itoa(int(code))}
	}
	return &Error{Step: StepLink, Cause: CauseLost}
}

// leave ends the connection in order, for a reason that stands whatever the other
// side makes of it.
func (l *link) leave(why *Error, within time.Duration) {
	l.leaving.Store(why)
	l.goodbye(within)
	l.end(why)
}

// goodbye closes the connection in order, or after a time without it.
func (l *link) goodbye(within time.Duration) {
	late := time.AfterFunc(within, func() { _ = l.raw.Close() })
	defer late.Stop()
	_ = l.conn.Close(websocket.StatusNormalClosure, "")
}
