package channel_test

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 defines the answer to a handshake with it
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// server is Alipay's side of the open channel, written from the protocol: bytes on a
// connection, without a WebSocket library. Its hooks return a complete HTTP answer; an empty
// one leaves the request hanging.
type server struct {
	t          testing.TB
	register   func(*http.Request) string
	upgrade    func(*http.Request) string
	encrypted  bool                    // TLS, as host
	plain      bool                    // no TLS even over TCP
	noPong     atomic.Bool             // pings are not answered
	noGoodbye  atomic.Bool             // close frames are not answered
	stay       bool                    // a register answer leaves its connection open
	notReading bool                    // an open connection is not read
	between    func(net.Conn) net.Conn // answers instead of this server once a token was issued
	requests   chan request
	links      chan *peer
	mu         sync.Mutex
	open       []net.Conn
	listener   net.Listener // of listen
	goroutines sync.WaitGroup
	tokens     atomic.Int64
	elsewhere  atomic.Int64 // connections to another address than the configured one
}

// request is a request with the time of its arrival.
type request struct {
	*http.Request
	at time.Time
}

func newServer(t testing.TB) *server {
	s := &server{t: t, requests: make(chan request, 1<<10), links: make(chan *peer, 1<<10)}
	s.register = func(*http.Request) string {
		return answer200(s.grant(fmt.Sprintf("token-%d", s.tokens.Add(1))))
	}
	s.upgrade = func(r *http.Request) string { return switching(r) }
	return s
}

// grant returns a signed success of the registration.
func (s *server) grant(token string) string {
	return signedAnswer(`{"code":"10000","msg":"Success","link_token":"` + token + `"}`)
}

func signedAnswer(response string) string {
	return `{"response":` + response + `,"sign":"` + sign(alipayKey(), []byte(response)) + `"}`
}

func answer200(body string, header ...string) string {
	lines := append([]string{"HTTP/1.1 200 OK", fmt.Sprintf("Content-Length: %d", len(body))}, header...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// switching returns the 101 of RFC 6455, with additional lines.
func switching(r *http.Request, header ...string) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455
	lines := append([]string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:])}, header...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// dialled returns the client's end of a new connection in memory. It buffers nothing: what
// was written has been read. TLS needs more than that to close from both ends at once, and
// uses TCP (see overTCP).
func (s *server) dialled() net.Conn {
	client, ours := net.Pipe()
	s.accept(ours)
	return client
}

// listen serves TLS over TCP on loopback and returns the address.
func (s *server) listen() string {
	s.encrypted = !s.plain
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the server
	if err != nil {
		s.t.Fatal(err)
	}
	s.listener = listener
	s.goroutines.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.accept(conn)
		}
	})
	return listener.Addr().String()
}

// accept serves a connection.
func (s *server) accept(conn net.Conn) {
	s.mu.Lock()
	s.open = append(s.open, conn)
	s.mu.Unlock()
	if s.between != nil && s.tokens.Load() > 0 {
		conn = s.between(conn)
	} else if s.encrypted {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate()}, MinVersion: tls.VersionTLS12})
	}
	s.goroutines.Go(func() { s.serve(conn) })
}

func (s *server) close() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.mu.Lock()
	for _, conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.goroutines.Wait()
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	r, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	s.requests <- request{r, time.Now()}
	reply := s.register
	if r.URL.Path == "/websocket" {
		reply = s.upgrade
	}
	text := reply(r)
	if text == "" {
		_, _ = io.Copy(io.Discard, reader) // until the client gives up
		return
	}
	if _, err := io.WriteString(conn, text); err != nil || !strings.HasPrefix(text, "HTTP/1.1 101") {
		if s.stay {
			_, _ = io.Copy(io.Discard, reader)
		}
		return
	}
	p := &peer{t: s.t, server: s, conn: conn, reader: reader, out: make(chan []byte, 1<<14), got: make(chan wsFrame, 1<<14), gone: make(chan struct{})}
	s.goroutines.Go(p.write)
	s.links <- p
	p.read()
}

// next returns the next request to a path.
func (s *server) next(path string) request {
	s.t.Helper()
	for range 20 {
		if r := receive(s.t, s.requests); r.URL.Path == path {
			return r
		}
	}
	s.t.Fatalf("%s was not asked for", path)
	panic("unreachable")
}

// peer is the server's end of an open connection.
type peer struct {
	t      testing.TB
	server *server
	conn   net.Conn
	reader *bufio.Reader
	out    chan []byte
	got    chan wsFrame // all but pings
	pings  []wsFrame    // by read alone; to be inspected when gone is closed
	gone   chan struct{}
	sent   atomic.Int64 // text frames that were accepted
}

// wsFrame is a frame of RFC 6455.
type wsFrame struct {
	opcode      byte
	fin, masked bool
	payload     []byte
	at          time.Time
}

const (
	opContinue, opText, opBinary, opClose, opPing, opPong = 0, 1, 2, 8, 9, 10
)

// frameBytes returns a frame as a server writes it: without a mask.
func frameBytes(fin bool, opcode byte, payload []byte) []byte {
	first := opcode
	if fin {
		first |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n < 1<<16:
		return append(binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(n)), payload...)
	default:
		return append(binary.BigEndian.AppendUint64([]byte{first, 127}, uint64(n)), payload...)
	}
}

// send passes bytes to the writer.
func (p *peer) send(raw []byte) { p.out <- raw }

func (p *peer) text(payload []byte) { p.send(frameBytes(true, opText, payload)) }

func (p *peer) write() {
	for {
		select {
		case raw := <-p.out:
			if _, err := p.conn.Write(raw); err != nil {
				return
			}
			if raw[0]&15 == opText {
				p.sent.Add(1)
			}
		case <-p.gone:
			return
		}
	}
}

// read reads frames, and answers pings like a server.
func (p *peer) read() {
	defer close(p.gone)
	if p.server.notReading {
		<-p.t.Context().Done()
		return
	}
	for {
		f, err := readWSFrame(p.reader)
		if err != nil {
			return
		}
		if f.opcode != opPing {
			p.got <- f
		}
		if f.opcode == opClose && !p.server.noGoodbye.Load() {
			p.send(frameBytes(true, opClose, f.payload))
		}
		if f.opcode != opPing {
			continue
		}
		p.pings = append(p.pings, f)
		if !p.server.noPong.Load() {
			p.send(frameBytes(true, opPong, f.payload))
		}
	}
}

func readWSFrame(r io.Reader) (wsFrame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return wsFrame{}, err
	}
	f := wsFrame{opcode: head[0] & 15, fin: head[0]&0x80 != 0, masked: head[1]&0x80 != 0, at: time.Now()}
	length := uint64(head[1] & 127)
	if length >= 126 {
		size := make([]byte, 2+6*(length-126))
		if _, err := io.ReadFull(r, size); err != nil {
			return f, err
		}
		length = new8(size)
	}
	var mask [4]byte
	if f.masked {
		if _, err := io.ReadFull(r, mask[:]); err != nil {
			return f, err
		}
	}
	f.payload = make([]byte, length)
	_, err := io.ReadFull(r, f.payload)
	for i := range f.payload {
		f.payload[i] ^= mask[i%4]
	}
	return f, err
}

// new8 reads a big-endian number of two or eight bytes.
func new8(size []byte) uint64 {
	var n uint64
	for _, b := range size {
		n = n<<8 | uint64(b)
	}
	return n
}

// ack waits for the next text frame and returns its payload.
func (p *peer) ack() string {
	p.t.Helper()
	f := receive(p.t, p.got)
	if f.opcode != opText || !f.fin || !f.masked {
		p.t.Fatalf("instead of an ack came opcode %d, fin %t, masked %t: %q", f.opcode, f.fin, f.masked, f.payload)
	}
	return string(f.payload)
}

// status returns the x-status of the next ack.
func (p *peer) status() string {
	p.t.Helper()
	ack := p.ack()
	_, rest, _ := strings.Cut(ack, `"x-status":"`)
	status, _, _ := strings.Cut(rest, `"`)
	return status
}

// consume returns a frame with a genuine message, or with a forged one when data is not what
// was signed.
func consume(id, data string) []byte {
	return frameOf("from-sys:openchannel\r\nfrom-sys-ip:10.1.2.3\r\nstream-id:s-"+id+"\r\n", protocolOf(id, data), data)
}

func frameOf(head, protocol, data string) []byte {
	return []byte(head + "\r\n" + `{"protocol":` + protocol + `,"data":` + data + `}`)
}

func protocolOf(id, data string) string {
	return `{"x-type":"message","x-cmd":"CONSUME","x-msgId":"` + id + `","x-timestamp":"1795280000000","x-version":"1.0",` +
		`"x-charset":"UTF-8","x-signType":"RSA2","x-sign":"` + sign(alipayKey(), []byte(data)) + `"}`
}

// genuine is the data of a message.
const genuine = `{"header":{"appId":"` + appID + `","msgApi":"alipay.open.auth.appauth.cancelled"},` +
	`"content":{"auth_app_id":"2021000000000009","rate":0.10}}`
