package alipaysim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// A client that nobody here has written opens a link and takes a message.
func TestACommonClientUnderstandsTheServer(t *testing.T) {
	w := newWorld(t, overSocket)
	token, zone := w.linkToken(nil)
	address := strings.Replace(w.server.URL, "http://", "ws://", 1) + "/websocket?" + w.knock(map[string]string{"link_token": token})
	conn, response, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {"zone=" + zone}}})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		defer func() { _ = response.Body.Close() }()
	}
	defer func() { _ = conn.CloseNow() }()
	poll(t, "the link is open", func() bool { return w.links() == 1 })
	w.sendMessage("")
	w.during(func() {
		kind, text, err := conn.Read(t.Context())
		if err != nil || kind != websocket.MessageText {
			t.Fatal(kind, err)
		}
		if err := conn.Write(t.Context(), kind, []byte(readConsumed(t, string(text)).ack("SUCCESS"))); err != nil {
			t.Fatal(err)
		}
	})
	if err := conn.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("close: %v", err)
	}
	if w.fate() != "delivered" {
		t.Errorf("fate %s", w.fate())
	}
}

func TestClosingTheSimulatorSaysGoodbye(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	ended := make(chan struct{})
	go func() { defer close(ended); w.close() }()
	if payload := link.frame(8); string(payload[:2]) != "\x03\xe9" {
		t.Errorf("closed with %x, want 1001", payload)
	}
	<-ended // although this client never answers the close
}
