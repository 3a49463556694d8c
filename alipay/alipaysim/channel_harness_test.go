package alipaysim_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

// overSocket subscribes every message of the first app to the long connection.
func overSocket(c *alipaysim.Config) {
	c.Apps[0].WebSocket = []string{"*"}
	c.AckTimeout = 20 * time.Second // a test that waits for it fails
}

// knockParams are the parameters of a register or a handshake, not signed yet.
func (w *world) knockParams(params map[string]string) map[string]string {
	all := map[string]string{"app_id": appID, "charset": "UTF-8", "sdk_version": "test-1", "sign_type": "RSA2",
		"timestamp": strconv.FormatInt(w.clock.Now().UnixMilli(), 10)}
	maps.Copy(all, params)
	return all
}

// knock returns the signed query of a register or a handshake.
func (w *world) knock(params map[string]string) string {
	w.t.Helper()
	all := w.knockParams(params)
	all["sign"] = signText(w.t, signedText(all))
	query := url.Values{}
	for name, value := range all {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query.Encode()
}

// nonce is 32 hexadecimal characters that no other call returns.
func (w *world) nonce() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nonces++
	return fmt.Sprintf("%032x", w.nonces)
}

// exchange sends bytes over a new connection and returns it.
func (w *world) exchange(text string) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		w.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// registered is the raw answer of a register: the head and the body.
func (w *world) registered(query string) (head, body string) {
	w.t.Helper()
	_, in := w.exchange("GET /websocket/register.do?" + query + " HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n")
	all, err := io.ReadAll(in)
	if err != nil {
		w.t.Fatal(err)
	}
	head, body, _ = strings.Cut(string(all), "\r\n\r\n")
	return head, body
}

// handshake sends an upgrade and returns the head of the answer.
func (w *world) handshake(query, more string) (net.Conn, *bufio.Reader, string) {
	w.t.Helper()
	conn, in := w.exchange("GET /websocket?" + query + " HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more + "\r\n")
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			w.t.Fatalf("%v after %q", err, head.String())
		}
		head.WriteString(line)
	}
	return conn, in, head.String()
}

// linkToken registers and returns the token and the zone.
func (w *world) linkToken(params map[string]string) (token, zone string) {
	w.t.Helper()
	all := map[string]string{"nonce": w.nonce()}
	for name, value := range params {
		all[name] = value
	}
	head, body := w.registered(w.knock(all))
	_, after, found := strings.Cut(body, `"link_token":"`)
	token, _, _ = strings.Cut(after, `"`)
	_, after, hasZone := strings.Cut(head, "Set-Cookie: zone=")
	zone, _, _ = strings.Cut(after, ";")
	if !found || !hasZone {
		w.t.Fatalf("register: %s\n%s", head, body)
	}
	return token, zone
}

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

// links is how many links are open.
func (w *world) links() int {
	w.t.Helper()
	return len(w.must("GET", "channel", "")["links"].([]any))
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

// during does what is due while the client acts, and returns when both are done.
func (w *world) during(act func()) {
	w.t.Helper()
	ended := make(chan error, 1)
	go func() {
		_, err := w.sim.RunDue(w.t.Context())
		ended <- err
	}()
	act()
	if err := <-ended; err != nil {
		w.t.Fatal(err)
	}
}

// runs has the simulator act by itself until the test ends.
func (w *world) runs() {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.sim.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
}

// deliver has one message sent by hand and taken over the link.
func (w *world) deliver(l *line, more string) consumed {
	w.t.Helper()
	w.sendMessage(more)
	var m consumed
	w.during(func() {
		m = l.consume()
		l.acknowledge(m, "SUCCESS")
	})
	return m
}

// get is a raw management GET, for what is not an object of known shape.
func (w *world) get(path string) []byte {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		w.t.Fatal(err)
	}
	return body.Bytes()
}
