package alipaysim_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// line is the client's end of a link, byte by byte.
type line struct {
	w    *world
	conn net.Conn
	in   *bufio.Reader
}

// connect opens a link; params are those of both requests.
func (w *world) connect(params map[string]string) *line {
	w.t.Helper()
	token, zone := w.linkToken(params)
	all := map[string]string{"link_token": token}
	for name, value := range params {
		all[name] = value
	}
	before := w.links()
	conn, in, head := w.handshake(w.knock(all), "Cookie: zone="+zone+";\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		w.t.Fatalf("handshake: %s", head)
	}
	poll(w.t, "the link is open", func() bool { return w.links() == before+1 })
	return &line{w: w, conn: conn, in: in}
}

// raw reads one frame as it stands on the wire.
func (l *line) raw() (first, second byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		return 0, 0, nil, err
	}
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		var long [2]byte
		if _, err := io.ReadFull(l.in, long[:]); err != nil {
			return 0, 0, nil, err
		}
		size = uint64(binary.BigEndian.Uint16(long[:]))
	case 127:
		var long [8]byte
		if _, err := io.ReadFull(l.in, long[:]); err != nil {
			return 0, 0, nil, err
		}
		size = binary.BigEndian.Uint64(long[:])
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(l.in, payload)
	return head[0], head[1], payload, err
}

// frame reads one frame of an opcode.
func (l *line) frame(op byte) []byte {
	l.w.t.Helper()
	first, _, payload, err := l.raw()
	if err != nil || first&0x0f != op {
		l.w.t.Fatalf("wanted a frame with opcode %d, got %x %q, %v", op, first, payload, err)
	}
	return payload
}

// send writes one masked frame.
func (l *line) send(first byte, payload string) {
	l.w.t.Helper()
	if _, err := l.conn.Write(masked(first, payload)); err != nil {
		l.w.t.Fatal(err)
	}
}

func masked(first byte, payload string) []byte {
	text := []byte{first}
	switch {
	case len(payload) < 126:
		text = append(text, 0x80|byte(len(payload))) //nolint:gosec // the case bounds it
	case len(payload) < 1<<16:
		text = binary.BigEndian.AppendUint16(append(text, 0x80|126), uint16(len(payload))) //nolint:gosec // the case bounds it
	default:
		text = binary.BigEndian.AppendUint64(append(text, 0x80|127), uint64(len(payload)))
	}
	mask := [4]byte{1, 2, 3, 4}
	text = append(text, mask[:]...)
	for i := range payload {
		text = append(text, payload[i]^mask[i%4])
	}
	return text
}

// consumed is a CONSUME as it came.
type consumed struct {
	text     string
	stream   string
	protocol map[string]any
	data     string // as written
	content  map[string]any
}

// consume reads the next message.
func (l *line) consume() consumed {
	l.w.t.Helper()
	return readConsumed(l.w.t, string(l.frame(1)))
}

func readConsumed(t *testing.T, text string) consumed {
	t.Helper()
	m := consumed{text: text}
	head, body, found := strings.Cut(text, "\r\n\r\n")
	_, after, _ := strings.Cut(head, "stream-id:")
	m.stream, _, _ = strings.Cut(after, "\r\n")
	var whole map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &whole); err != nil || !found || m.stream == "" {
		t.Fatalf("%v: %q", err, text)
	}
	if err := json.Unmarshal(whole["protocol"], &m.protocol); err != nil {
		t.Fatal(err)
	}
	m.data = string(whole["data"])
	var data struct {
		Content map[string]any `json:"content"`
	}
	if err := json.Unmarshal(whole["data"], &data); err != nil {
		t.Fatal(err)
	}
	m.content = data.Content
	return m
}

func (m consumed) id() string { return fmt.Sprint(m.protocol["x-msgId"]) }

// ack is what the official client sends.
func (m consumed) ack(status string) string {
	return "from-sys:openchannel\r\nfrom-sys-ip:10.1.2.3\r\nstream-id:" + m.stream + "\r\n\r\n" +
		`{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"` + m.id() + `","x-version":"1.0","x-status":"` + status + `"}}`
}

// acknowledge sends an acknowledgement.
func (l *line) acknowledge(m consumed, status string) { l.w.t.Helper(); l.send(0x81, m.ack(status)) }
