package alipaysim_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// links is how many links are open.
func (w *world) links() int {
	w.t.Helper()
	return len(w.must("GET", "channel", "")["links"].([]any))
}

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
