package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/coder/websocket"

	"miniflow/alipay/notify"
)

// read reads frames until the connection ends or ctx does. It takes a place before it reads a
// frame, so that Concurrency and ReadLimit bound the memory in use; before that only the
// frame's header and a buffer of 4 KiB have been read.
func (c *Client) read(ctx context.Context, l *link) error {
	for {
		kind, body, err := l.conn.Reader(l.ctx)
		if err != nil {
			return l.why(err)
		}
		l.sawFrame()
		if err := c.take(ctx, l); err != nil {
			return err
		}
		payload, err := l.whole(body, c.config.Timeouts.Frame)
		if err != nil {
			c.free()
			return l.why(err)
		}
		go func() {
			defer c.free()
			c.consume(context.WithoutCancel(ctx), l, kind, payload)
		}()
	}
}

// take waits for a place. After ctx has ended it fails, because drain relies on that.
func (c *Client) take(ctx context.Context, l *link) error {
	select {
	case c.places <- struct{}{}:
	default:
		if err := c.await(ctx, l); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		c.free()
		return &Error{Step: StepLink, Cause: CauseStopped}
	}
	return nil
}

// await waits for a place while nothing is read. It reports that to the link, because pongs
// are not missing while nobody reads them.
func (c *Client) await(ctx context.Context, l *link) error {
	l.pauseReading(true)
	defer l.pauseReading(false)
	select {
	case c.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Step: StepLink, Cause: CauseStopped}
	case <-l.ctx.Done():
		return l.why(nil)
	}
}

func (c *Client) free() { <-c.places }

func (c *Client) consume(ctx context.Context, l *link, kind websocket.MessageType, payload []byte) {
	began := time.Now()
	f, event := c.decide(ctx, kind, payload)
	if f != nil {
		s := statusFail
		if event.Outcome == OutcomeAccepted {
			s = statusSuccess
		}
		event.AckLost = l.answer(f.ack(s)) != nil
	}
	event.Took = time.Since(began)
	c.report(ctx, event)
}

// decide handles a frame and returns its outcome. The frame is nil where an answer could not
// be addressed.
func (c *Client) decide(ctx context.Context, kind websocket.MessageType, payload []byte) (*frame, Event) {
	if kind != websocket.MessageText {
		return nil, Event{Outcome: OutcomeDropped, Err: &FrameError{ReasonBinary}}
	}
	f, err := readFrame(payload, c.config.Charset)
	if err != nil {
		return nil, Event{Outcome: OutcomeDropped, Err: err}
	}
	if f.command != cmdConsume {
		// An ack to something that isn't a message could be taken for the ack to one.
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

// nameStream gives a frame without stream-id one of ours, in the form of the official
// client's, because every answer names a stream. Alipay recognises the answer by its x-msgId.
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

// verify turns a frame into a notification. The content is read out of the bytes that were
// verified, so that the two can't differ, and its receiver has to be our app.
func (c *Client) verify(f *frame) (*notify.Notification, error) {
	signType := c.config.signType()
	if err := f.check(signType); err != nil {
		return nil, err
	}
	return c.verifier.Load().Frame(c.config.AppID, notify.Frame{
		MessageID: f.messageID, Timestamp: f.timestamp, SignType: signType, Sign: f.sign,
		Charset: string(c.config.Charset), Data: f.data,
	})
}

// errPanic replaces the value of a handler's panic, because that may contain parts of the
// message.
var errPanic = errors.New("the handler panicked: see the log for where")

// handle calls the handler with its time-out, because a place must become free again.
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
