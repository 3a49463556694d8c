package longconn

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/socket"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// ErrUnsent is a message that did not leave: it stays owed as it is.
var ErrUnsent = errors.New("no link could take the message")

// parcel is a message as it goes over one link, in the link's charset; a fault
// may have it there twice, each time under its own stream-id.
type parcel struct {
	streams []string
	frames  [][]byte
}

// Consume sends a message over the app's next link and writes into the record
// what the client made of it. ErrUnsent says that nothing left.
func (s *Server) Consume(ctx context.Context, app account.App, message *world.Message, record *world.Delivery) error {
	began := time.Now() // a latency is real time, not the clock's
	defer func() { record.Latency = script.Duration(time.Since(began)) }()
	// Before anything else, so that no message can leave unnoticed in between.
	passed := s.channel.nextSent(app.ID)
	l := s.channel.pick(app.ID)
	if l == nil {
		return ErrUnsent
	}
	fault, err := s.faultAt(script.PlaceMessage, app.ID, message.Name)
	if err != nil {
		return err
	}
	record.Link, record.Fault = l.id, fault.Kind
	out, err := s.pack(app, message, l, fault)
	if err != nil {
		record.Error = "the content can't be written in the link's charset"
		return nil
	}
	record.StreamID = out.streams[0]
	waiting := &pending{msgID: message.NotifyID, lost: fault.Kind == script.ChannelLostAck, acked: make(chan string, 1)}
	// The wait begins before the message leaves: an acknowledgement can be faster
	// than the return of the write.
	for _, stream := range out.streams {
		s.channel.await(app.ID, stream, waiting)
		defer s.channel.forget(app.ID, stream)
	}
	if fault.Kind == script.ChannelReorder {
		standBack(ctx, passed, fault.For)
	}
	if !s.dispatch(l, out) {
		return ErrUnsent
	}
	s.lose(l, fault)
	s.awaitAck(ctx, waiting, record)
	return nil
}

// lose ends the link behind a message, where the fault wants it. The message has left;
// its acknowledgement may still come over a new link.
func (s *Server) lose(l *link, fault script.ChannelFault) {
	switch fault.Kind {
	case script.ChannelClose:
		s.channel.leave(l)
		l.socket.Close(socket.CloseGoingAway, "going away")
	case script.ChannelReset:
		s.channel.leave(l)
		l.socket.Reset()
	case script.ChannelHalfOpen:
		s.channel.leave(l)
		l.socket.Dark.Store(true)
	}
}

// dispatch writes the frames. A link that takes none is given up at once, so that
// the message goes over another.
func (s *Server) dispatch(l *link, out parcel) bool {
	for i, raw := range out.frames {
		// A frame that could not be written whole has not been read by anybody.
		if err := l.send(raw); err != nil {
			s.channel.leave(l)
			if !errors.Is(err, socket.ErrSaidGoodbye) { // a goodbye is left to arrive
				l.socket.Reset()
			}
			return i > 0
		}
		l.sent.Add(1)
	}
	s.channel.announceSent(l.app)
	return true
}

// standBack lets the app's next message go first. There may be none, so it waits for a
// time at most.
func standBack(ctx context.Context, passed <-chan struct{}, most script.Duration) {
	timer := time.NewTimer(time.Duration(most))
	defer timer.Stop()
	select {
	case <-passed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// awaitAck waits for the acknowledgement over any of the app's links, since the client
// may have connected again meanwhile.
func (s *Server) awaitAck(ctx context.Context, waiting *pending, record *world.Delivery) {
	timer := time.NewTimer(s.AckTimeout)
	defer timer.Stop()
	select {
	case record.Body = <-waiting.acked:
		record.Success = record.Body == ackSuccess
	case <-timer.C:
		record.Error = "no acknowledgement in time"
	case <-ctx.Done(): // the caller leaves the message owed
	}
}

// pack signs first and spoils then: what the body suffers leaves the signature over
// data as it was.
func (s *Server) pack(app account.App, message *world.Message, l *link, fault script.ChannelFault) (out parcel, err error) {
	appID := app.ID
	if fault.Kind == script.ChannelOtherApp {
		appID = "2021000000000000"
	}
	data, err := consumeData(app, appID, message.Name, message.Params["biz_content"])
	if err != nil {
		return out, err
	}
	signature, err := s.signData(app, l.charset, data, fault)
	if err != nil {
		return out, err
	}
	protocol, err := consumeProtocol(message, l.charset, app.SignType(), signature)
	if err != nil {
		return out, fmt.Errorf("encode the protocol of a message: %w", err)
	}
	body := spoilt(fault, protocol, data)
	copies := 1
	if fault.Kind == script.ChannelDuplicate {
		copies = 2
	}
	for range copies {
		id, err := s.World.Random(6)
		if err != nil {
			return out, err
		}
		stream := "s" + hex.EncodeToString(id)
		raw, err := l.charset.Encode(frameText(stream, body))
		if err != nil {
			return out, err
		}
		out.streams, out.frames = append(out.streams, stream), append(out.frames, []byte(raw))
	}
	return out, nil
}

// signData is x-sign: over the bytes of data as they go over the link, in its charset.
func (s *Server) signData(app account.App, charset wire.Charset, data string, fault script.ChannelFault) (string, error) {
	raw, err := charset.Encode(data)
	if err != nil {
		return "", err
	}
	switch fault.Kind {
	case script.ChannelBadSignature:
		return app.Sign("another text")
	case script.ChannelWrongKey:
		key, err := s.stranger[app.SignType()]()
		if err != nil {
			return "", fmt.Errorf("make a key that is not Alipay's: %w", err)
		}
		return wire.Sign(key, raw)
	}
	return app.Sign(raw)
}

// spoilt leaves genuine what a client reads first. Its faults are for clients that look
// no further.
func spoilt(f script.ChannelFault, protocol, data string) string {
	gap := "" // outside of data, so that the signature holds
	if f.Kind == script.ChannelOversized {
		gap = strings.Repeat(" ", f.Size)
	}
	body := `{"protocol":` + protocol + `,` + gap + `"data":` + data
	switch f.Kind {
	case script.ChannelBadJSON: // protocol stays readable: who acknowledges has not read on
		return body[:len(body)-len(data)/2]
	case script.ChannelForgedData:
		return body + `,"data":` + forged(data) + `}`
	}
	return body + `}`
}

// forged has the genuine header and a content that nobody has signed. A client that
// verifies one data and reads the other would take it.
func forged(data string) string {
	header, _, _ := strings.Cut(data, `,"content":`)
	return header + `,"content":{"forged":"true"}}`
}

// Texts are what has to be signed for the message to go over the links that are open.
// x-sign depends on the charset of the link; one that is opened later in another
// charset is signed for as it goes.
func (s *Server) Texts(app account.App, message *world.Message) ([]string, error) {
	data, err := consumeData(app, app.ID, message.Name, message.Params["biz_content"])
	if err != nil {
		return nil, err
	}
	charsets := map[wire.Charset]bool{wire.CharsetUTF8: true}
	for _, l := range s.channel.of(app.ID) {
		charsets[l.charset] = true
	}
	var texts []string
	for charset := range charsets {
		if raw, err := charset.Encode(data); err == nil { // where it can't be written it is not signed
			texts = append(texts, raw)
		}
	}
	return texts, nil
}
