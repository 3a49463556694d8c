package alipaysim

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// errUnsent is a message that did not leave: it stays owed as it is.
var errUnsent = errors.New("no link could take the message")

// parcel is a message as it goes over one link, in the link's charset; a fault
// may have it there twice, each time under its own stream-id.
type parcel struct {
	streams []string
	frames  [][]byte
}

// consume sends a message over the app's next link and writes into the record
// what the client made of it. errUnsent says that nothing left.
func (s *Simulator) consume(ctx context.Context, f flight, record *Delivery) error {
	began := time.Now() // a latency is real time, whatever the clock says
	defer func() { record.Latency = Duration(time.Since(began)) }()
	// Before anything else, so that no message can leave unnoticed in between.
	overtaken := s.channel.nextSent(f.app.ID)
	l := s.channel.pick(f.app.ID)
	if l == nil {
		return errUnsent
	}
	fault, err := s.claimChannelFault(placeMessage, f.app.ID, f.message.Name)
	if err != nil {
		return err
	}
	record.Link, record.Fault = l.id, fault.Kind
	out, err := s.pack(f, l, fault)
	if err != nil {
		record.Error = "the content can't be written in the link's charset"
		return nil
	}
	record.StreamID = out.streams[0]
	waiting := &pending{msgID: f.message.NotifyID, lost: fault.Kind == ChannelLostAck, acked: make(chan string, 1)}
	// The wait begins before the message leaves: an acknowledgement can be faster
	// than the return of the write.
	for _, stream := range out.streams {
		s.channel.await(f.app.ID, stream, waiting)
		defer s.channel.forget(f.app.ID, stream)
	}
	if fault.Kind == ChannelReorder {
		standBack(ctx, overtaken, fault.For)
	}
	if !s.dispatch(l, out) {
		return errUnsent
	}
	// The message has left; its acknowledgement may still come over a new link.
	switch fault.Kind {
	case ChannelClose:
		s.channel.leave(l)
		l.socket.close(closeGoingAway, "going away")
	case ChannelReset:
		s.channel.leave(l)
		l.socket.reset()
	case ChannelHalfOpen:
		s.channel.leave(l)
		l.socket.dark.Store(true)
	}
	s.awaitAck(ctx, waiting, record)
	return nil
}

// dispatch writes the frames. A link that takes none is given up at once, so that
// the message goes over another.
func (s *Simulator) dispatch(l *link, out parcel) bool {
	for i, raw := range out.frames {
		// A frame that could not be written whole is no frame: nobody has read it.
		if err := l.send(raw); err != nil {
			s.channel.leave(l)
			if !errors.Is(err, errSaidGoodbye) { // a goodbye is left to arrive
				l.socket.reset()
			}
			return i > 0
		}
		l.sent.Add(1)
	}
	s.channel.announceSent(l.app)
	return true
}

// standBack lets the app's next message go first, or the time pass.
func standBack(ctx context.Context, overtaken <-chan struct{}, most Duration) {
	timer := time.NewTimer(time.Duration(most))
	defer timer.Stop()
	select {
	case <-overtaken:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// awaitAck waits for the acknowledgement, over whatever link it comes.
func (s *Simulator) awaitAck(ctx context.Context, waiting *pending, record *Delivery) {
	timer := time.NewTimer(s.cfg.AckTimeout)
	defer timer.Stop()
	select {
	case record.Body = <-waiting.acked:
		record.Success = record.Body == ackSuccess
	case <-timer.C:
		record.Error = "no acknowledgement in time"
	case <-ctx.Done(): // the caller leaves the message owed
	}
}

// pack writes the message for a link, with what a fault does to it.
func (s *Simulator) pack(f flight, l *link, fault ChannelFault) (out parcel, err error) {
	appID := f.app.ID
	if fault.Kind == ChannelOtherApp {
		appID = "2021000000000000"
	}
	data, err := consumeData(f.app, appID, f.message.Name, f.message.Params["biz_content"])
	if err != nil {
		return out, err
	}
	signature, err := s.signData(f.app, l.charset, data, fault)
	if err != nil {
		return out, err
	}
	protocol, err := consumeProtocol(f.message, l.charset, signature)
	if err != nil {
		return out, fmt.Errorf("encode the protocol of a message: %w", err)
	}
	body := fault.body(protocol, data)
	copies := 1
	if fault.Kind == ChannelDuplicate {
		copies = 2
	}
	for range copies {
		id, err := s.random(6)
		if err != nil {
			return out, err
		}
		stream := "s" + hex.EncodeToString(id)
		raw, err := l.charset.encode(frameText(stream, body))
		if err != nil {
			return out, err
		}
		out.streams, out.frames = append(out.streams, stream), append(out.frames, []byte(raw))
	}
	return out, nil
}

// signData is x-sign: over the bytes of data as they go over the link.
func (s *Simulator) signData(app App, charset Charset, data string, fault ChannelFault) (string, error) {
	raw, err := charset.encode(data)
	if err != nil {
		return "", err
	}
	switch fault.Kind {
	case ChannelBadSignature:
		return app.sign("another text")
	case ChannelWrongKey:
		key, err := s.stranger()
		if err != nil {
			return "", fmt.Errorf("make a key that is not Alipay's: %w", err)
		}
		return sign(key, raw)
	}
	return app.sign(raw)
}

// body puts protocol and data together, well or badly.
func (f ChannelFault) body(protocol, data string) string {
	gap := "" // outside of data, so that the signature holds
	if f.Kind == ChannelOversized {
		gap = strings.Repeat(" ", f.Size)
	}
	body := `{"protocol":` + protocol + `,` + gap + `"data":` + data
	switch f.Kind {
	case ChannelBadJSON: // protocol stays readable: who acknowledges has not read on
		return body[:len(body)-len(data)/2]
	case ChannelForgedData:
		return body + `,"data":` + forged(data) + `}`
	}
	return body + `}`
}

// forged is data with the same header and nobody's signature.
func forged(data string) string {
	header, _, _ := strings.Cut(data, `,"content":`)
	return header + `,"content":{"forged":"true"}}`
}
