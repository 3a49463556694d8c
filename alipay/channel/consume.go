package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/coder/websocket"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// read takes frames until the connection ends or ctx does. A place is taken
// before a frame is read, so that what is in memory is bounded by Concurrency and
// ReadLimit; before that only the frame's header and a buffer of 4 KiB have been.
func (c *Client) read(ctx context.Context, l *link) error {
	for {
		kind, body, err := l.conn.Reader(l.ctx)
		if err != nil {
			return l.why(err)
		}
		l.stirred()
		if err := c.take(ctx, l); err != nil {
			return err
		}
		payload, err := l.whole(body, c.config.Timeouts.Frame)
		if err != nil {
			c.release()
			return l.why(err)
		}
		go func() {
			defer c.release()
			c.consume(context.WithoutCancel(ctx), l, kind, payload)
		}()
	}
}

// take waits for a place. After ctx has ended there is none: see drain.
func (c *Client) take(ctx context.Context, l *link) error {
	select {
	case c.places <- struct{}{}:
	default:
		if err := c.await(ctx, l); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		c.release()
		return &Error{Step: StepLink, Cause: CauseStopped}
	}
	return nil
}

// await waits for a place while nothing is read.
func (c *Client) await(ctx context.Context, l *link) error {
	l.hold(true)
	defer l.hold(false)
	select {
	case c.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Step: StepLink, Cause: CauseStopped}
	case <-l.ctx.Done():
		return l.why(nil)
	}
}

func (c *Client) release() { <-c.places }

// consume handles one frame and answers it.
func (c *Client) consume(ctx context.Context, l *link, kind websocket.MessageType, payload []byte) {
	began := time.Now()
	f, event := c.settle(ctx, kind, payload)
	if f != nil {
		s := statusFail
		if event.Outcome == OutcomeAccepted {
			s = statusSuccess
		}
		event.AckLost = l.answer(f.ack(s)) != nil
	}
	event.Took = time.Since(began)
	c.tell(ctx, event)
}

// settle decides what becomes of a frame. Without a frame there is no answer.
func (c *Client) settle(ctx context.Context, kind websocket.MessageType, payload []byte) (*frame, Event) {
	if kind != websocket.MessageText {
		return nil, Event{Outcome: OutcomeDropped, Err: &FrameError{ReasonBinary}}
	}
	f, err := readFrame(payload, c.config.Charset)
	if err != nil {
		return nil, Event{Outcome: OutcomeDropped, Err: err}
	}
	if f.command != cmdConsume {
		// An ack to what is no message could be taken for the ack to one.
		return nil, Event{Outcome: OutcomeDropped, Err: &FrameError{ReasonCommand}}
	}
	if err := c.nameStream(f); err != nil {
		return f, Event{Outcome: OutcomeFailed, Err: err}
	}
	n, err := c.verify(f)
	if err != nil {
		return f, Event{Outcome: OutcomeRefused, Err: err}
	}
	if err := c.handle(ctx, n); err != nil {
		return f, Event{Outcome: OutcomeFailed, Err: err}
	}
	return f, Event{Outcome: OutcomeAccepted}
}

// nameStream gives a frame without stream-id one of our own, in the form of the
// official client's. The answer is then told by its x-msgId.
func (c *Client) nameStream(f *frame) error {
	if f.head.streamID != "" {
		return nil
	}
	random, err := c.randomHex(7)
	if err != nil {
		return err
	}
	f.head.streamID = "c" + random[:13]
	return nil
}

// verify makes a notification of a frame. The content is read out of the bytes
// that were verified, and the receiver in it has to be our app.
func (c *Client) verify(f *frame) (*notify.Notification, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return c.verifier.Load().Frame(c.config.AppID, notify.Frame{
		MessageID: f.messageID, Timestamp: f.timestamp, SignType: keys.RSA2, Sign: f.sign,
		Charset: string(c.config.Charset), Data: f.data,
	})
}

// errPanic stands for a panic of the handler, whose value may hold what a
// message said.
var errPanic = errors.New("the handler panicked: see the log for where")

// handle calls the handler within its time.
func (c *Client) handle(ctx context.Context, n *notify.Notification) (err error) {
	ctx, done := context.WithTimeout(ctx, c.config.Timeouts.Handle)
	defer done()
	defer func() {
		if value := recover(); value != nil {
			c.config.Log.LogAttrs(ctx, slog.LevelError, "panic while handling a message",
				slog.String("app_id", c.config.AppID), slog.String("notify_id", n.NotifyID),
				slog.String("type", fmt.Sprintf("%T", value)), slog.String("stack", string(debug.Stack())))
			err = errPanic
		}
	}()
	return c.config.Handle(ctx, n)
}
