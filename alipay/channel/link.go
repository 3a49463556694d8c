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

// link is one open connection. It keeps the times of the last pong and the last frame apart,
// because each proves something else.
type link struct {
	conn  *websocket.Conn
	raw   *rawConn
	write time.Duration

	// ctx ends with the connection; its cause is the reason, so that every goroutine reports
	// the same one. Ending it during a read closes the connection.
	ctx context.Context //nolint:containedctx // it is the connection's life, and no call's
	end context.CancelCauseFunc

	lastPong, lastFrame atomic.Pointer[time.Time]
	paused              atomic.Bool           // nothing is read because every place is taken
	leaving             atomic.Pointer[Error] // set before our close frame, so that its reason stands
}

// live starts the connection's context. Only end ends it, because messages are still
// acknowledged after ctx is done.
func (l *link) live(ctx context.Context) {
	l.ctx, l.end = context.WithCancelCause(context.WithoutCancel(ctx))
	l.sawPong()
	l.sawFrame()
}

func (l *link) sawPong() {
	now := time.Now()
	l.lastPong.Store(&now)
}

func (l *link) sawFrame() {
	now := time.Now()
	l.lastFrame.Store(&now)
}

// pauseReading records that reading has stopped, or continues. Pongs that wait behind unread
// frames are not missing, so silence counts from here again.
func (l *link) pauseReading(stopped bool) {
	l.sawPong()
	l.paused.Store(stopped)
}

// silentFor returns how long no pong has come. It is zero while nothing is read, because a
// pong that waits behind an unread frame isn't missing.
func (l *link) silentFor() time.Duration {
	if l.paused.Load() {
		return 0
	}
	return time.Since(*l.lastPong.Load())
}

// idleFor is zero while nothing is read, like silentFor: full places are not a forgotten
// connection.
func (l *link) idleFor() time.Duration {
	if l.paused.Load() {
		return 0
	}
	return time.Since(*l.lastFrame.Load())
}

// keepAlive pings until ctx ends, and ends the connection when no pong has come for the time
// of silence. Data doesn't count: it may still arrive where nothing of ours gets through, and
// then no ack does either. Nor do pongs prove that messages still come, so a new connection
// is due after the idle time.
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

// answer sends an ack, only on the connection that delivered the message: another one would
// not know its stream-id.
func (l *link) answer(ack []byte) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(l.ctx), l.write)
	defer done()
	return l.conn.Write(ctx, websocket.MessageText, ack)
}

// whole reads the rest of a frame. It ends the connection when that takes too long, because a
// stalled frame keeps a place.
func (l *link) whole(body io.Reader, within time.Duration) ([]byte, error) {
	late := time.AfterFunc(within, func() { l.end(&Error{Step: StepLink, Cause: CauseTimeout}) })
	defer late.Stop()
	return io.ReadAll(body)
}

// why returns the error of an ended connection. Our own reason for ending it takes
// precedence, since every read fails after it.
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
	// The text that comes with a close code is the other side's, so only the code is kept.
	if code := websocket.CloseStatus(err); code != -1 {
		return &Error{Step: StepLink, Cause: CauseClosed, Code: strconv.Itoa(int(code))}
	}
	return &Error{Step: StepLink, Cause: CauseLost}
}

// leave closes the connection for a reason that stands whatever the other side makes of it.
func (l *link) leave(why *Error, within time.Duration) {
	l.leaving.Store(why)
	l.goodbye(within)
	l.end(why)
}

// goodbye closes the connection with a close frame, but not longer than a time, because the
// other side may be gone.
func (l *link) goodbye(within time.Duration) {
	late := time.AfterFunc(within, func() { _ = l.raw.Close() })
	defer late.Stop()
	_ = l.conn.Close(websocket.StatusNormalClosure, "")
}
