package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// What Alipay is answered over the long connection.
const (
	ackSuccess = "SUCCESS"
	ackFail    = "FAIL"
)

// listenLink is one app's long connection, told to a person as it lives.
type listenLink struct {
	appID, url string
	onward     *onward
	show       *shown

	mutex     sync.Mutex
	up, known bool // a connection is there, was there once
}

// errNotTaken is what a message ends with that the receiver has not taken. Alipay
// is answered FAIL, and sends it again.
var errNotTaken = errors.New("the receiver has not taken it")

// handle passes the signed bytes on: the member data of the frame, with the
// members of its protocol that a receiver needs to verify it beside them.
func (l *listenLink) handle(ctx context.Context, n *notify.Notification) error {
	v := receivedView{At: l.show.out.now().UTC(), Channel: "websocket", Ack: ackFail}
	v.of(n)
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

// frameHeaders are the headers that go with the data of a frame, as they do when
// serve forwards in the raw format.
func frameHeaders(n *notify.Notification) map[string]string {
	signature := n.FrameSignature()
	headers := map[string]string{
		"Content-Type": "application/json; charset=" + signature.Charset,
		"x-msgId":      n.NotifyID, "x-signType": string(signature.SignType), "x-sign": signature.Sign, "x-charset": signature.Charset,
	}
	if !n.SentAt.IsZero() {
		headers["x-timestamp"] = strconv.FormatInt(n.SentAt.UnixMilli(), 10)
	}
	return headers
}

// linkEvent is what happened to a long connection.
type linkEvent string

// The events.
const (
	linkConnecting linkEvent = "connecting"
	linkConnected  linkEvent = "connected"
	linkFailed     linkEvent = "failed" // an attempt; the next follows by itself
	linkLost       linkEvent = "lost"
	linkRegained   linkEvent = "regained"
	linkAckLost    linkEvent = "ack_lost" // the answer found no connection: the message comes again
)

// linkView is one thing that happened to a long connection.
type linkView struct {
	At          time.Time `json:"at"`
	Event       linkEvent `json:"event"`
	AppID       string    `json:"app_id"`
	URL         string    `json:"url"`
	ForwardTo   string    `json:"forward_to,omitempty"`
	HeldSeconds float64   `json:"held_seconds,omitempty"` // how long the connection held that was lost
	Error       string    `json:"error,omitempty"`
}

// observe tells what the client does, but for messages, which handle has shown.
func (l *listenLink) observe(_ context.Context, e channel.Event) {
	if e.AckLost {
		l.tell(linkAckLost, 0, nil)
	}
	switch e.Outcome {
	case channel.OutcomeConnected:
		if l.change(true) {
			l.tell(linkRegained, 0, nil)
		} else {
			l.tell(linkConnected, 0, nil)
		}
	case channel.OutcomeEnded:
		var ended *channel.Error
		if errors.As(e.Err, &ended) && ended.Cause == channel.CauseStopped {
			return // by ctrl-c
		}
		if l.change(false) {
			l.tell(linkLost, e.Took, e.Err)
		} else {
			l.tell(linkFailed, 0, e.Err)
		}
	case channel.OutcomeRefused, channel.OutcomeDropped:
		v := receivedView{At: l.show.out.now().UTC(), Channel: "websocket", AppID: l.appID, Error: e.Err.Error()}
		if e.Outcome == channel.OutcomeRefused {
			v.Ack = ackFail
		}
		l.show.line(v, v.print)
	case channel.OutcomeAccepted, channel.OutcomeFailed:
	}
}

// change notes whether there is a connection now, and tells whether there was one:
// before, when it is there, and just now, when it is not.
func (l *listenLink) change(up bool) (before bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	before = l.up
	if up {
		before = l.known
	}
	l.up, l.known = up, l.known || up
	return before
}

func (l *listenLink) tell(event linkEvent, held time.Duration, err error) {
	v := linkView{At: l.show.out.now().UTC(), Event: event, AppID: l.appID, URL: l.url, HeldSeconds: held.Seconds()}
	if event == linkConnecting {
		v.ForwardTo = l.onward.target
	}
	if err != nil {
		v.Error = err.Error()
	}
	l.show.line(v, v.print)
}

func (v linkView) print(p *page) {
	when, about := p.faint(v.At.Local().Format(time.TimeOnly)), clean(v.URL)+"  "+p.faint("app "+clean(v.AppID))
	switch v.Event {
	case linkConnecting:
		p.line("%s connecting to %s  %s", when, about, p.faint("ctrl-c ends"))
	case linkConnected, linkRegained:
		p.line("%s %s %s", when, p.good(string(v.Event)), about)
	case linkLost:
		p.line("%s %s after %s: %s", when, p.bad("lost"), time.Duration(v.HeldSeconds*float64(time.Second)).Round(time.Second), clean(v.Error))
	case linkFailed:
		p.line("%s %s: %s  %s", when, p.warn("not connected"), clean(v.Error), p.faint("tried again"))
	case linkAckLost:
		p.line("%s %s: an answer found its connection gone, the message comes again", when, p.warn("unheard"))
	}
}
