package alipaysim

import (
	"errors"
	"fmt"
	"net/http"
)

// serveLink is GET /websocket: the handshake, and then the connection until it
// ends. There is no login frame: the signed query and the link token are it.
func (s *longConnections) serveLink(w http.ResponseWriter, r *http.Request) {
	key, err := upgradeKey(r)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	k, refusal, ok := s.admitKnock(r, "link_token")
	zone := ""
	if cookie, err := r.Cookie("zone"); err == nil {
		zone = cookie.Value
	}
	// The token is used up last, so that a handshake that is refused for another
	// reason can be tried again with it.
	if ok && !s.channel.redeem(k.params["link_token"], k.app.ID, zone, s.World.Now()) {
		refusal, ok = refuse(codeIllegal, "isv.invalid-link-token", "link_token 无效、已使用、已过期或zone不符，请重新register"), false
	}
	if !ok {
		s.refuseKnock(w, r, refusal)
		return
	}
	fault, err := s.claimChannelFault(placeConnect, k.app.ID, "")
	if err != nil {
		broken(w, s.Logger, err)
		return
	}
	if fault.Kind == ChannelHandshakeHang {
		s.Hold(r, fault.For)
	}
	opened, err := takeOver(w)
	if err != nil {
		s.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.run(&link{app: k.app.ID, charset: Charset(k.params["charset"]), zone: zone, since: s.World.Now(),
		deaf: fault.Kind == ChannelNeverPong, mute: fault.Kind == ChannelMute, socket: opened}, key)
}

// run answers the handshake of a link and serves it until it ends. A client that
// hears of its link finds it among those that messages go over.
func (s *longConnections) run(l *link, key string) {
	defer s.channel.leave(l)
	if err := l.socket.welcome(key, func() { s.channel.join(l) }); err != nil {
		s.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.Joined() // what is owed can leave
	ended := make(chan struct{})
	// Reading blocks below, so somebody else has to hear of Close.
	go func() {
		select {
		case <-s.Closing:
			l.socket.close(closeGoingAway, "the simulator is being closed")
		case <-ended:
		}
	}()
	err := s.listen(l)
	close(ended)
	s.channel.leave(l) // first: no message may take a link that is ending
	l.socket.end(err)
	s.Logger.Info("a link has ended", "app_id", l.app, "link", l.id, "error", err)
}

// send writes a message, or loses it where the link has been forgotten.
func (l *link) send(raw []byte) error {
	if l.mute {
		return nil
	}
	return l.socket.write(opText, raw)
}

// listen reads until the link ends, and says why it did.
func (s *longConnections) listen(l *link) error {
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
func (s *longConnections) hear(l *link, raw []byte) error {
	text, err := l.charset.decode(string(raw))
	if err != nil {
		return &closed{Code: closeNotText, Reason: "the bytes are not in the link's charset", Ours: true}
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
func (s *longConnections) refuseFrame(l *link, why error) {
	l.refused.Add(1)
	s.Logger.Warn("a frame was not understood", "app_id", l.app, "link", l.id, "error", why)
}

// acknowledged takes a CONSUME_ACK. It has to echo the header lines of the
// message. One that nobody waits for is late or a duplicate: it is counted and
// changes nothing.
func (s *longConnections) acknowledged(l *link, in inbound) error {
	l.acked.Add(1)
	switch {
	case in.headers["from-sys"] != fromSys || in.headers["from-sys-ip"] != fromSysIP:
		return errors.New("the acknowledgement does not echo from-sys and from-sys-ip")
	case in.protocol["x-status"] != ackSuccess && in.protocol["x-status"] != ackFail:
		return fmt.Errorf("x-status is %q; it is %s or %s", in.protocol["x-status"], ackSuccess, ackFail)
	}
	if !s.channel.settle(l.app, in.headers["stream-id"], in.protocol["x-msgId"], in.protocol["x-status"]) {
		s.Logger.Info("an acknowledgement came that nobody waits for", "app_id", l.app, "link", l.id)
	}
	return nil
}
