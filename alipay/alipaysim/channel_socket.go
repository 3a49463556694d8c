package alipaysim

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it; nothing is trusted because of it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// WebSocket opcodes (RFC 6455, section 5.2).
const (
	opContinue byte = 0
	opText     byte = 1
	opBinary   byte = 2
	opClose    byte = 8
	opPing     byte = 9
	opPong     byte = 10
)

// WebSocket close codes (RFC 6455, section 7.4).
const (
	closeNormal    = 1000
	closeGoingAway = 1001
	closeProtocol  = 1002
	closeNotText   = 1007
	closeTooBig    = 1009
	closeNoStatus  = 1005 // never on the wire: a close frame without a code
)

const (
	// maxInbound is the largest message a client may send.
	maxInbound = 1 << 20
	// writePatience is how long a client may leave a frame unread.
	writePatience = 10 * time.Second
	// silence is how long a client may say nothing; it pings every few seconds.
	silence = 2 * time.Minute
	// farewell is how long the other side may take to close after us.
	farewell = time.Second
)

// socket is the server's end of a WebSocket, written out by hand: text frames
// whose bytes are GBK, pings that are left unanswered and connections that are
// reset are part of what is simulated. No extension is ever spoken.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	out  sync.Mutex  // one frame at a time
	said bool        // goodbye; guarded by out
	dark atomic.Bool // half open: nothing gets out any more

	partOp byte // of the message whose fragments are coming
	part   []byte
}

// closed is the end of a conversation: a close frame that came, or the one that
// is to be sent because of what came.
type closed struct {
	code   uint16
	reason string
	ours   bool
}

func (c *closed) Error() string { return fmt.Sprintf("closed with %d %s", c.code, c.reason) }

func violation(reason string) error { return &closed{code: closeProtocol, reason: reason, ours: true} }

// frame is one frame as it stands on the wire, its payload unmasked.
type frame struct {
	final   bool
	op      byte
	payload []byte
}

// errSaidGoodbye is a frame that comes too late: none may follow a close frame.
var errSaidGoodbye = errors.New("the link is being closed")

// write sends one whole, unmasked frame.
func (s *socket) write(op byte, payload []byte) error {
	if s.dark.Load() {
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
		return errSaidGoodbye
	}
	s.said = op == opClose
	if err := s.conn.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	if _, err := s.conn.Write(append(text, payload...)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

// close sends a close frame and gives the other side a moment to answer.
func (s *socket) close(code uint16, reason string) {
	_ = s.write(opClose, append(binary.BigEndian.AppendUint16(nil, code), reason...)) // who has gone needs none
	time.AfterFunc(farewell, func() { _ = s.conn.Close() })                           // the reader notices
}

// reset cuts the connection without a word.
func (s *socket) reset() {
	conn := s.conn
	if encrypted, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = encrypted.NetConn() // TLS would say goodbye first
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // an unsent rest is thrown away, the other side gets RST
	}
	_ = conn.Close() // nothing can be done about a failure
}

// next returns the next control frame or the next whole message. The error is a
// *closed where a close frame came or has to be sent.
func (s *socket) next() (op byte, payload []byte, err error) {
	for {
		f, err := s.read()
		if err != nil {
			return 0, nil, err
		}
		if f.op == opClose {
			return 0, nil, readClose(f.payload)
		}
		if f.op >= opClose {
			return f.op, f.payload, nil
		}
		whole, err := s.join(f)
		if err != nil {
			return 0, nil, err
		}
		if whole {
			op, payload, s.part = s.partOp, s.part, nil
			return op, payload, nil
		}
	}
}

// join adds a data frame to the message it belongs to and tells whether that is
// complete.
func (s *socket) join(f frame) (whole bool, err error) {
	switch started := s.part != nil; {
	case (f.op == opContinue) != started:
		return false, violation("fragments are out of order")
	case !started:
		s.partOp, s.part = f.op, []byte{}
	}
	if len(s.part)+len(f.payload) > maxInbound {
		return false, &closed{code: closeTooBig, reason: "the message is too big", ours: true}
	}
	s.part = append(s.part, f.payload...)
	return f.final, nil
}

// read reads one frame and checks what RFC 6455 asks of a client's.
func (s *socket) read() (f frame, err error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	f.final, f.op = head[0]&0x80 != 0, head[0]&0x0f
	switch {
	case head[0]&0x70 != 0:
		return f, violation("no extension was agreed on")
	case head[1]&0x80 == 0:
		return f, violation("a client masks its frames")
	case f.op > opBinary && f.op < opClose || f.op > opPong:
		return f, violation("unknown opcode")
	case f.op >= opClose && (!f.final || head[1]&0x7f > 125):
		return f, violation("a control frame is short and whole")
	}
	size, err := s.size(head[1] & 0x7f)
	if err != nil {
		return f, err
	}
	body := make([]byte, 4+size)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	mask, payload := body[:4], body[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	f.payload = payload
	return f, nil
}

// size reads the length of a payload, which has to be spelled as short as it can.
func (s *socket) size(short byte) (int, error) {
	if short < 126 {
		return int(short), nil
	}
	width, least := 2, uint64(126)
	if short == 127 {
		width, least = 8, 0x10000
	}
	var long [8]byte
	if _, err := io.ReadFull(s.in, long[8-width:]); err != nil {
		return 0, fmt.Errorf("read a frame: %w", err)
	}
	size := binary.BigEndian.Uint64(long[:])
	if size < least {
		return 0, violation("a length is spelled too long")
	}
	if size > maxInbound {
		return 0, &closed{code: closeTooBig, reason: "the message is too big", ours: true}
	}
	return int(size), nil
}

// readClose is what a close frame says.
func readClose(payload []byte) error {
	switch {
	case len(payload) == 0:
		return &closed{code: closeNoStatus}
	case len(payload) == 1:
		return violation("a close code has two bytes")
	}
	return &closed{code: binary.BigEndian.Uint16(payload), reason: string(payload[2:])}
}

// end answers a close frame, or sends the one that is due, and hangs up.
func (s *socket) end(err error) {
	var said *closed
	if errors.As(err, &said) {
		payload := binary.BigEndian.AppendUint16(nil, said.code)
		if said.ours {
			payload = append(payload, said.reason...)
		} else if said.code == closeNoStatus {
			payload = nil
		}
		_ = s.write(opClose, payload) // whoever has gone needs no answer
	}
	_ = s.conn.Close() // nothing more is read or written
}

// upgradeKey returns the Sec-WebSocket-Key of a handshake, or what is wrong with
// it.
func upgradeKey(r *http.Request) (string, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor != 1:
		return "", errors.New("the handshake is HTTP/1.1")
	case !hasToken(r.Header, "Upgrade", "websocket") || !hasToken(r.Header, "Connection", "upgrade"):
		return "", errors.New("send Upgrade: websocket and Connection: Upgrade")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "", errors.New("send Sec-WebSocket-Version: 13")
	case err != nil || len(raw) != 16:
		return "", errors.New("Sec-WebSocket-Key is base64 of 16 bytes")
	}
	return key, nil
}

// hasToken finds a token in a header of comma-separated ones, in any case.
func hasToken(header http.Header, name, token string) bool {
	for _, line := range header.Values(name) {
		for _, one := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}

// takeOver takes the connection of a handshake from the server.
func takeOver(w http.ResponseWriter) (*socket, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("take the connection over: %w", err)
	}
	return &socket{conn: conn, in: buffered.Reader}, nil
}

// welcome sends the 101: with a reason phrase, and with neither a subprotocol nor
// an extension, which official clients refuse. What ready does has happened when
// the client knows that it is connected, and nothing is written before the 101.
func (s *socket) welcome(key string, ready func()) error {
	s.out.Lock()
	defer s.out.Unlock()
	ready()
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see import
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := io.WriteString(s.conn, head); err != nil {
		return errors.Join(fmt.Errorf("answer the handshake: %w", err), s.conn.Close())
	}
	return nil
}
