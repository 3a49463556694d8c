package alipaysim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// run answers the handshake of a link and serves it until it ends. A client that
// hears of its link finds it among those that messages go over.
func (s *Simulator) run(l *link, key string) {
	defer s.channel.leave(l)
	if err := l.socket.welcome(key, func() { s.channel.join(l) }); err != nil {
		s.cfg.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.poke() // what is owed can leave
	ended := make(chan struct{})
	// Reading blocks below, so somebody else has to hear of Close.
	go func() {
		select {
		case <-s.closing:
			l.socket.close(closeGoingAway, "the simulator is being closed")
		case <-ended:
		}
	}()
	err := s.listen(l)
	close(ended)
	s.channel.leave(l) // first: no message may take a link that is ending
	l.socket.end(err)
	s.cfg.Logger.Info("a link has ended", "app_id", l.app, "link", l.id, "error", err)
}

// send writes a message, or loses it where the link has been forgotten.
func (l *link) send(raw []byte) error {
	if l.mute {
		return nil
	}
	return l.socket.write(opText, raw)
}

// listen reads until the link ends, and says why it did.
func (s *Simulator) listen(l *link) error {
	for {
		op, payload, err := l.socket.next()
		if err != nil {
			return err
		}
		if l.socket.dark.Load() {
			continue // nobody is there who could have read it
		}
		switch op {
		case opPing:
			l.pings.Add(1)
			if l.deaf {
				continue
			}
			err = l.socket.write(opPong, payload)
		case opText:
			err = s.hear(l, payload)
		case opBinary: // as the official client, which ignores them, would expect
			s.refuseFrame(l, errors.New("a binary frame; messages are text"))
		}
		// After our goodbye nothing is answered, but what comes before the client's
		// is still heard: acknowledgements are among it.
		if err != nil && !errors.Is(err, errSaidGoodbye) {
			return err
		}
	}
}

// hear takes a text frame. What can't be understood is noted and not answered;
// only bytes that are no text end the link, and a link that can't be written to.
func (s *Simulator) hear(l *link, raw []byte) error {
	text, err := l.charset.decode(string(raw))
	if err != nil {
		return &closed{code: closeNotText, reason: "the bytes are not in the link's charset", ours: true}
	}
	in, err := readInbound(text)
	if err == nil {
		switch in.cmd {
		case "CONSUME_ACK":
			err = s.acknowledged(l, in)
		case "PRODUCE":
			return s.produced(l, in)
		default:
			err = fmt.Errorf("x-cmd is %q; a client sends CONSUME_ACK and PRODUCE", in.cmd)
		}
	}
	if err != nil {
		s.refuseFrame(l, err)
	}
	return nil
}

// refuseFrame notes a frame that was of no use.
func (s *Simulator) refuseFrame(l *link, why error) {
	l.refused.Add(1)
	s.cfg.Logger.Warn("a frame was not understood", "app_id", l.app, "link", l.id, "error", why)
}

// acknowledged takes a CONSUME_ACK. It has to echo the header lines of the
// message. One that nobody waits for is late or a duplicate: it is counted and
// changes nothing.
func (s *Simulator) acknowledged(l *link, in inbound) error {
	l.acked.Add(1)
	switch {
	case in.headers["from-sys"] != fromSys || in.headers["from-sys-ip"] != fromSysIP:
		return errors.New("the acknowledgement does not echo from-sys and from-sys-ip")
	case in.protocol["x-status"] != ackSuccess && in.protocol["x-status"] != ackFail:
		return fmt.Errorf("x-status is %q; it is %s or %s", in.protocol["x-status"], ackSuccess, ackFail)
	}
	if !s.channel.settle(l.app, in.headers["stream-id"], in.protocol["x-msgId"], in.protocol["x-status"]) {
		s.cfg.Logger.Info("an acknowledgement came that nobody waits for", "app_id", l.app, "link", l.id)
	}
	return nil
}

// Produced is one message that a client sent over the long connection. Its
// content is not kept.
type Produced struct {
	Seq           uint64 `json:"seq"`
	AppID         string `json:"app_id"`
	MsgAPI        string `json:"msg_api"`
	MsgID         string `json:"msg_id"` // ours, in the acknowledgement
	ContentSHA256 string `json:"content_sha256"`
}

func (r *Produced) place() (string, string) { return bucketProduced, sequenceKey(r.Seq) }

// produced takes a PRODUCE: verified, stored, then acknowledged. The error is
// that of a link that can't be written to.
func (s *Simulator) produced(l *link, in inbound) error {
	app, _ := s.app(l.app)
	message, err := readProduce(app, in)
	if err != nil {
		s.refuseFrame(l, err)
		return s.say(l, produceAck(in.headers["stream-id"], pairs{{"x-status", ackFail}, {"x-code", codeIllegal}, {"x-error", err.Error()}}))
	}
	id, err := s.random(16)
	if err != nil {
		return err
	}
	message.MsgID = hex.EncodeToString(id)
	// On disk before it is acknowledged: the client forgets it then.
	err = s.change(func(t *tx) {
		record := *message
		record.Seq = t.sequence(bucketProduced)
		t.save(&record)
	})
	if err != nil {
		s.cfg.Logger.Error("a produced message could not be stored; it is not acknowledged", "error", err)
		return nil
	}
	return s.say(l, produceAck(in.headers["stream-id"], pairs{{"x-msgId", message.MsgID}, {"x-status", ackSuccess}, {"x-code", codeSuccess}}))
}

// say sends a text in the link's charset.
func (s *Simulator) say(l *link, text string) error {
	raw, err := l.charset.encode(text)
	if err != nil {
		return err
	}
	return l.socket.write(opText, []byte(raw))
}

// produceAck is a PRODUCE_ACK: the stream-id it answers, unsigned, strings only.
func produceAck(stream string, more pairs) string {
	object, err := append(pairs{{"x-type", "message"}, {"x-cmd", "PRODUCE_ACK"}}, more...).MarshalJSON()
	if err != nil {
		panic(err) // strings have a JSON form
	}
	var text strings.Builder
	text.WriteString("stream-id:" + stream + "\r\n\r\n")
	text.WriteString(`{"protocol":` + string(object) + `}`)
	return text.String()
}
