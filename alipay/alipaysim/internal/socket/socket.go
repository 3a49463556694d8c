// Package socket is the server's end of a WebSocket (RFC 6455), written out by hand: a
// library would not leave pings unanswered or reset a connection.
package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Opcodes of RFC 6455, section 5.2. Those above opClose are control frames, which the
// order of the numbers is used for.
const (
	opContinue byte = 0
	OpText     byte = 1
	OpBinary   byte = 2
	opClose    byte = 8
	OpPing     byte = 9
	OpPong     byte = 10
)

// WebSocket close codes (RFC 6455, section 7.4).
const (
	CloseNormal    = 1000
	CloseGoingAway = 1001
	closeProtocol  = 1002
	CloseNotText   = 1007
	closeTooBig    = 1009
	CloseNoStatus  = 1005 // never on the wire: a close frame without a code
)

const (
	// maxInbound is the largest message a client may send; a false length must not take
	// all memory.
	maxInbound = 1 << 20
	// writeTimeout is how long a client may leave a frame unread; then the message is
	// sent over another link.
	writeTimeout = 10 * time.Second
	// silence is how long a client may say nothing; it pings every few seconds.
	silence = 2 * time.Minute
	// farewell is how long the other side may take to close after us: one that never
	// does would hold Close up.
	farewell = time.Second
)

// Socket is the server's end of a WebSocket, written out by hand: text frames
// whose bytes are GBK, pings that are left unanswered and connections that are
// reset are part of what is simulated. No extension is ever spoken.
type Socket struct {
	conn net.Conn
	in   *bufio.Reader
	out  sync.Mutex  // one frame at a time
	said bool        // goodbye; guarded by out
	Dark atomic.Bool // half open: nothing gets out any more

	partOp byte // of the message whose fragments are coming
	part   []byte
}

// Closed is the end of a conversation: a close frame that came, or the one that is to
// be sent because of what came. End answers both, each with its own frame.
type Closed struct {
	Code   uint16
	Reason string
	Ours   bool // to be sent
}

func (c *Closed) Error() string { return fmt.Sprintf("closed with %d %s", c.Code, c.Reason) }

func violation(reason string) error { return &Closed{Code: closeProtocol, Reason: reason, Ours: true} }

// ErrSaidGoodbye is a frame that comes too late: none may follow a close frame.
var ErrSaidGoodbye = errors.New("the link is being closed")

// Write sends one whole, unmasked frame: a server never masks, and official clients
// mishandle fragments.
func (s *Socket) Write(op byte, payload []byte) error {
	if s.Dark.Load() {
		return nil // as far as we know it has left
	}
	text := []byte{0x80 | op}
	switch size := len(payload); {
	case size < 126:
		text = append(text, byte(size))
	case size <= 0xffff:
		text = binary.BigEndian.AppendUint16(append(text, 126), uint16(size))
	default:
		text = binary.BigEndian.AppendUint64(append(text, 127), uint64(size))
	}
	s.out.Lock()
	defer s.out.Unlock()
	if s.said {
		return ErrSaidGoodbye
	}
	s.said = op == opClose
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	if _, err := s.conn.Write(append(text, payload...)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

// Close sends a close frame and gives the other side a moment to answer, in which
// acknowledgements under way still arrive.
func (s *Socket) Close(code uint16, reason string) {
	_ = s.Write(opClose, append(binary.BigEndian.AppendUint16(nil, code), reason...)) // who has gone needs none
	time.AfterFunc(farewell, func() { _ = s.conn.Close() })                           // the reader notices
}

// Reset cuts the connection without a close frame, as a crash does.
func (s *Socket) Reset() {
	conn := s.conn
	if encrypted, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = encrypted.NetConn() // TLS would say goodbye first
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // an unsent rest is thrown away, the other side gets RST
	}
	_ = conn.Close() // nothing can be done about a failure
}

// End answers a close frame, or sends the one that is due, as RFC 6455 asks of both
// ends, and hangs up.
func (s *Socket) End(err error) {
	var said *Closed
	if errors.As(err, &said) {
		payload := binary.BigEndian.AppendUint16(nil, said.Code)
		if said.Ours {
			payload = append(payload, said.Reason...)
		} else if said.Code == CloseNoStatus {
			payload = nil
		}
		_ = s.Write(opClose, payload) // a client that has gone needs no answer
	}
	_ = s.conn.Close() // nothing more is read or written
}
