package listen

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/words"
)

// These are the words of the protocol that Alipay is answered with.
const (
	ackSuccess = "SUCCESS"
	ackFail    = "FAIL"
)

type link struct {
	appID, url string
	onward     *onward
	show       *shown

	mutex     sync.Mutex
	up, known bool // there is a connection, there was one before
}

// errNotTaken ends a message that the receiver has not taken. Alipay is answered FAIL, and
// sends it again.
var errNotTaken = errors.New("the receiver has not taken it")

// handle passes the signed bytes on: the member data of the frame, with the
// members of its protocol that a receiver needs to verify it beside them.
func (l *link) handle(ctx context.Context, n *notify.Notification) error {
	v := Received{At: l.show.env.Now().UTC(), Channel: "websocket", Ack: ackFail}
	v.of(n)
	// The frame around the data stays here: its signature covers the data alone.
	answer := l.onward.post(ctx, n.Raw(), frameHeaders(n))
	v.take(answer)
	taken := answer.taken()
	if taken {
		v.Ack = ackSuccess
	}
	l.show.line(v, v.print)
	if !taken {
		return errNotTaken
	}
	return nil
}

// frameHeaders are the headers that serve sends in the raw format too, so that a receiver
// which works behind listen works in production.
func frameHeaders(n *notify.Notification) map[string]string {
	signature := n.FrameSignature()
	headers := map[string]string{
		"Content-Type": "application/json; charset=" + signature.Charset,
		"x-msgId":      n.NotifyID, "x-signType": string(signature.SignType), "x-sign": signature.Sign, "x-charset": signature.Charset,
	}
	// A header with no time in it could be read as 1970 by a receiver.
	if !n.SentAt.IsZero() {
		headers["x-timestamp"] = strconv.FormatInt(n.SentAt.UnixMilli(), 10)
	}
	return headers
}

type linkEvent string

// An attempt that failed and a connection that was lost are two events: only after the second
// may messages be late.
const (
	linkConnecting linkEvent = "connecting"
	linkConnected  linkEvent = "connected"
	linkFailed     linkEvent = "failed" // an attempt; the next follows by itself
	linkLost       linkEvent = "lost"
	linkRegained   linkEvent = "regained"
	linkAckLost    linkEvent = "ack_lost" // the answer found no connection: the message comes again
)

// LinkEvent stands in the same stream as the messages, so that a gap in them is explained.
type LinkEvent struct {
	At          time.Time `json:"at"`
	Event       linkEvent `json:"event"`
	AppID       string    `json:"app_id"`
	URL         string    `json:"url"`
	ForwardTo   string    `json:"forward_to,omitempty"`
	HeldSeconds float64   `json:"held_seconds,omitempty"` // how long the connection held that was lost
	Error       string    `json:"error,omitempty"`
}

// observe shows what the client does. Messages that were handled are left out, since handle has
// shown them with the receiver's answer.
func (l *link) observe(_ context.Context, e channel.Event) {
	if e.AckLost {
		l.report(linkAckLost, 0, nil)
	}
	switch e.Outcome {
	case channel.OutcomeConnected:
		if l.change(true) {
			l.report(linkRegained, 0, nil)
		} else {
			l.report(linkConnected, 0, nil)
		}
	case channel.OutcomeEnded:
		var ended *channel.Error
		if errors.As(e.Err, &ended) && ended.Cause == channel.CauseStopped {
			return // by ctrl-c
		}
		if l.change(false) {
			l.report(linkLost, e.Took, e.Err)
		} else {
			l.report(linkFailed, 0, e.Err)
		}
	case channel.OutcomeRefused, channel.OutcomeDropped:
		// A frame that did not verify was answered FAIL; one that could not be read got no answer.
		v := Received{At: l.show.env.Now().UTC(), Channel: "websocket", AppID: l.appID, Error: e.Err.Error()}
		if e.Outcome == channel.OutcomeRefused {
			v.Ack = ackFail
		}
		l.show.line(v, v.print)
	// handle has shown both.
	case channel.OutcomeAccepted, channel.OutcomeFailed:
	}
}

// change notes whether there is a connection now, and reports whether there was one: ever, when
// there is one now, and until now, when there is not. So "regained" differs from
// "connected", and "lost" from an attempt that failed.
func (l *link) change(up bool) (before bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	before = l.up
	if up {
		before = l.known
	}
	l.up, l.known = up, l.known || up
	return before
}

func (l *link) report(event linkEvent, held time.Duration, err error) {
	// UTC in JSON, whose lines are compared across machines; a page shows the local time.
	v := LinkEvent{At: l.show.env.Now().UTC(), Event: event, AppID: l.appID, URL: l.url, HeldSeconds: held.Seconds()}
	// Said once: where messages go doesn't change while the program runs.
	if event == linkConnecting {
		v.ForwardTo = l.onward.target
	}
	if err != nil {
		v.Error = err.Error()
	}
	l.show.line(v, v.print)
}

// Where there is something to do, print says what.
func (v LinkEvent) print(p *command.Page) {
	when, about := p.Faint(v.At.Local().Format(time.TimeOnly)), command.Clean(v.URL)+"  "+p.Faint(p.Sayf("app %s", command.Clean(v.AppID)))
	switch v.Event {
	case linkConnecting:
		p.Line("%s connecting to %s  %s", when, about, p.Faint(p.Sayf("ctrl-c ends")))
	case linkConnected, linkRegained:
		p.Line("%s %s %s", when, p.Good(p.Say(words.Label(string(v.Event)))), about)
	case linkLost:
		p.Line("%s %s after %s: %s", when, p.Bad(p.Sayf("lost")), time.Duration(v.HeldSeconds*float64(time.Second)).Round(time.Second), p.Translate(v.Error))
	case linkFailed:
		p.Line("%s %s: %s  %s", when, p.Warn(p.Sayf("not connected")), p.Translate(v.Error), p.Faint(p.Sayf("tried again")))
	case linkAckLost:
		p.Line("%s %s: an answer found its connection gone, the message comes again", when, p.Warn(p.Sayf("unheard")))
	}
}
