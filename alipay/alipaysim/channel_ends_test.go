package alipaysim_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// These tests are about links that end, or only seem to be alive.

// A link that was forgotten answers pings, and what goes over it is lost: the
// message comes again, over whatever link there is then.
func TestFaultMute(t *testing.T) {
	w := newWorld(t, short)
	w.faults(`{"channel":[{"kind":"mute","times":1}]}`)
	link := w.connect(nil)
	w.sendMessage("")
	w.during(func() {
		link.send(0x89, "are you there")
		if got := string(link.frame(10)); got != "are you there" {
			t.Errorf("pong %q", got)
		}
	})
	link.send(0x88, "\x03\xe8")
	link.frame(8) // and nothing was before it
	poll(t, "the link is gone", func() bool { return w.links() == 0 })
	sound := w.connect(nil)
	w.clock.set(begin.Add(2 * time.Minute))
	w.during(func() { sound.acknowledge(sound.consume(), "SUCCESS") })
	if w.fate() != "delivered" {
		t.Errorf("fate %s, %v", w.fate(), w.deliveries())
	}
}

// After its last message a link that is half open neither answers nor listens,
// nor does it end; the message comes again over another.
func TestFaultHalfOpen(t *testing.T) {
	w := newWorld(t, short)
	w.faults(`{"channel":[{"kind":"half_open","times":1}]}`)
	dead := w.connect(nil)
	w.sendMessage("")
	w.during(func() {
		m := dead.consume()
		poll(t, "the link is forgotten", func() bool { return w.links() == 0 })
		dead.acknowledge(m, "SUCCESS")
		dead.send(0x89, "are you there")
	})
	sound := w.connect(nil)
	w.clock.set(begin.Add(2 * time.Minute))
	w.during(func() { sound.acknowledge(sound.consume(), "SUCCESS") })
	if w.fate() != "delivered" || len(w.deliveries()) != 2 {
		t.Errorf("fate %s, %v", w.fate(), w.deliveries())
	}
	if err := dead.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var late net.Error
	if b, err := dead.in.ReadByte(); !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("the connection says %x, %v", b, err)
	}
}

func TestFaultHandshakeHang(t *testing.T) {
	w := newWorld(t, overSocket)
	w.faults(`{"channel":[{"kind":"handshake_hang","times":1,"for":"80ms"}]}`)
	began := time.Now()
	w.connect(nil) // it is answered in the end
	if took := time.Since(began); took < 80*time.Millisecond {
		t.Errorf("the handshake took %v", took)
	}
}

// A close frame is the last frame: what is due goes over another link. What the
// client has still to say is heard, an acknowledgement behind a ping too.
func nothingFollowsAGoodbye(t *testing.T) {
	w := newWorld(t, overSocket)
	w.faults(`{"channel":[{"kind":"close","times":1}]}`)
	old := w.connect(nil)
	w.sendMessage("")
	w.runs()
	m := old.consume()
	old.frame(8)
	old.send(0x89, "a ping in between")
	old.acknowledge(m, "SUCCESS")
	poll(t, "the first is delivered", func() bool { return len(w.deliveries()) == 1 })
	w.sendMessage("")
	next := w.connect(nil)
	next.acknowledge(next.consume(), "SUCCESS")
	poll(t, "both are delivered", func() bool { return len(w.deliveries()) == 2 })
	old.send(0x88, "\x03\xe9")
	if rest, err := old.in.ReadByte(); err == nil {
		t.Errorf("after the close frame came %x", rest)
	}
}

// Under TLS, too, a reset is one: TLS would have said goodbye.
func TestAResetUnderTLSIsOne(t *testing.T) {
	w := newWorld(t, overSocket)
	encrypted := httptest.NewTLSServer(w.sim.Handler())
	t.Cleanup(encrypted.Close)
	roots := x509.NewCertPool()
	roots.AddCert(encrypted.Certificate())
	token, zone := w.linkToken(nil)
	raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", encrypted.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12})
	t.Cleanup(func() { _ = raw.Close() })
	request := "GET /websocket?" + w.knock(map[string]string{"link_token": token}) + " HTTP/1.1\r\nHost: sim\r\nCookie: zone=" + zone + ";\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	poll(t, "the link is open", func() bool { return w.links() == 1 })
	w.must("POST", "apps/"+appID+"/disconnect", `{"how":"reset"}`)
	for buffer := make([]byte, 1024); err == nil; {
		_, err = conn.Read(buffer)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the link ended with %v", err)
	}
}

// A refusal is written in the charset that was asked for.
func refusalsAreInTheClientsCharset(t *testing.T) {
	w := newWorld(t)
	w.faults(`{"channel":[{"kind":"register_failure","times":1,"sub_code":"NO","sub_msg":"稍后再试"}]}`)
	_, body := w.registered(w.knock(map[string]string{"nonce": w.nonce(), "charset": "GBK"}))
	text, err := simplifiedchinese.GB18030.NewDecoder().String(body)
	if err != nil || !strings.Contains(text, `"sub_msg":"稍后再试"`) || strings.Contains(body, "稍") {
		t.Errorf("%q, %v", body, err)
	}
}
