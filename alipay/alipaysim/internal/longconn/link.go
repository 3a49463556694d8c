package longconn

import (
	"errors"
	"fmt"
	"net/http"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/socket"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// ServeLink is GET /websocket: the handshake, and then the connection until it
// ends. A login frame does not exist: the signed query and the link token take its place.
func (s *Server) ServeLink(w http.ResponseWriter, r *http.Request) {
	key, err := socket.UpgradeKey(r)
	if err != nil {
		problem.Write(w, http.StatusBadRequest, err.Error())
		return
	}
	k, refusal, ok := s.admit(r, "link_token")
	zone := ""
	if cookie, err := r.Cookie("zone"); err == nil {
		zone = cookie.Value
	}
	// The token is used up last, so that a handshake that is refused for another
	// reason can be tried again with it.
	if ok && !s.channel.redeem(k.params["link_token"], k.app.ID, zone, s.World.Now()) {
		refusal, ok = admission.Refuse(admission.CodeIllegal, "isv.invalid-link-token", "link_token 无效、已使用、已过期或zone不符，请重新register"), false
	}
	if !ok {
		s.refuse(w, r, refusal)
		return
	}
	fault, err := s.faultAt(script.PlaceConnect, k.app.ID, "")
	if err != nil {
		problem.Broken(w, s.Logger, err)
		return
	}
	if fault.Kind == script.ChannelHandshakeHang {
		s.Delay(r, fault.For)
	}
	opened, err := socket.TakeOver(w)
	if err != nil {
		s.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.run(&link{app: k.app.ID, charset: wire.Charset(k.params["charset"]), zone: zone, since: s.World.Now(),
		deaf: fault.Kind == script.ChannelNeverPong, mute: fault.Kind == script.ChannelMute, socket: opened}, key)
}

// run answers the handshake of a link and serves it until it ends. A client that
// sees its link open finds it among those that messages go over.
func (s *Server) run(l *link, key string) {
	defer s.channel.leave(l)
	if err := l.socket.Welcome(key, func() { s.channel.join(l) }); err != nil {
		s.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.Joined() // what is owed can leave
	ended := make(chan struct{})
	// Reading blocks below, so another goroutine has to wait for Close.
	go func() {
		select {
		case <-s.Closing:
			l.socket.Close(socket.CloseGoingAway, "the simulator is being closed")
		case <-ended:
		}
	}()
	err := s.listen(l)
	close(ended)
	s.channel.leave(l) // first: no message may take a link that is ending
	l.socket.End(err)
	s.Logger.Info("a link has ended", "app_id", l.app, "link", l.id, "error", err)
}

// send loses the message where the link is mute, as a server does that has forgotten
// whom the link belongs to.
func (l *link) send(raw []byte) error {
	if l.mute {
		return nil
	}
	return l.socket.Write(socket.OpText, raw)
}

// listen returns why the link ended. A frame that makes no sense is no reason: it is
// counted, and the link goes on.
func (s *Server) listen(l *link) error {
	for {
		op, payload, err := l.socket.Next()
		if err != nil {
			return err
		}
		if l.socket.Dark.Load() {
			continue // half open: what comes is lost
		}
		switch op {
		case socket.OpPing:
			l.pings.Add(1)
			if l.deaf {
				continue
			}
			err = l.socket.Write(socket.OpPong, payload)
		case socket.OpText:
			err = s.receive(l, payload)
		case socket.OpBinary: // as the official client, which ignores them, would expect
			s.refuseFrame(l, errors.New("a binary frame; messages are text"))
		}
		// After our goodbye nothing is answered, but what comes before the client's
		// is still read: acknowledgements are among it.
		if err != nil && !errors.Is(err, socket.ErrSaidGoodbye) {
			return err
		}
	}
}

// receive takes a text frame. What can't be understood is noted and not answered;
// only bytes that are no text end the link, and a link that can't be written to.
func (s *Server) receive(l *link, raw []byte) error {
	text, err := l.charset.Decode(string(raw))
	if err != nil {
		return &socket.Closed{Code: socket.CloseNotText, Reason: "the bytes are not in the link's charset", Ours: true}
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

// refuseFrame counts and logs a frame that was of no use; the protocol has no answer to
// one.
func (s *Server) refuseFrame(l *link, why error) {
	l.refused.Add(1)
	s.Logger.Warn("a frame was not understood", "app_id", l.app, "link", l.id, "error", why)
}

// acknowledged takes a CONSUME_ACK. It has to echo the header lines of the
// message. One that nobody waits for is late or a duplicate: it is counted and
// changes nothing.
func (s *Server) acknowledged(l *link, in inbound) error {
	l.acked.Add(1)
	switch {
	case in.headers["from-sys"] != fromSys || in.headers["from-sys-ip"] != fromSysIP:
		return errors.New("the acknowledgement does not echo from-sys and from-sys-ip")
	case in.protocol["x-status"] != ackSuccess && in.protocol["x-status"] != ackFail:
		return fmt.Errorf("x-status is %q; it is %s or %s", in.protocol["x-status"], ackSuccess, ackFail)
	}
	if !s.channel.acknowledge(l.app, in.headers["stream-id"], in.protocol["x-msgId"], in.protocol["x-status"]) {
		s.Logger.Info("an acknowledgement came that nobody waits for", "app_id", l.app, "link", l.id)
	}
	return nil
}
