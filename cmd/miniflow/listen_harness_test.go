package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/listen"
)

// What happens to a long connection, and what Alipay is answered over it.
const (
	linkConnecting = "connecting"
	linkConnected  = "connected"
	linkFailed     = "failed"
	linkLost       = "lost"
	linkRegained   = "regained"

	ackSuccess = "SUCCESS"
	ackFail    = "FAIL"
)

// linked is a simulator whose app has both channels, a receiver, and the listener
// on the long connection between them.
type linked struct {
	*tested
	*simulated
	listener *commandtest.Running
	received chan *frameRequest

	mutex  sync.Mutex
	status int
	text   string
}

// frameRequest is what the receiver got.
type frameRequest struct {
	body    string
	headers http.Header
}

func newLinked(t *testing.T) *linked {
	t.Helper()
	s := &linked{tested: newProgram(t), received: make(chan *frameRequest, 1000)}
	s.answers(http.StatusOK, "success")
	receiver := httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(receiver.Close)
	s.simulated = simulate(t, filepath.Join(s.Dir, "sim"), receiver.URL+"/over-http", func(app *alipaysim.App) {
		app.WebSocket = []string{"alipay.open.mini.*"}
	})
	s.listener = s.Start("listen", "--channel", "websocket", "--forward-to", receiver.URL+"/handler",
		"--simulator", s.url, "--private-key", s.key("app_private.pem"), "--public-key", s.key("alipay_public.pem"))
	return s
}

// answers says what the receiver answers from now on.
func (s *linked) answers(status int, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.status, s.text = status, text
}

func (s *linked) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.T.Error(err)
	}
	if r.URL.Path == "/handler" {
		s.received <- &frameRequest{body: string(body), headers: r.Header}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.text)
}

// event waits for something that happens to the connection.
func (s *linked) event(want string) listen.LinkEvent {
	s.T.Helper()
	for {
		v := commandtest.Next[struct {
			listen.LinkEvent
			Name string `json:"name"`
		}](s.listener)
		if string(v.Event) == want {
			return v.LinkEvent
		}
		if v.Event == "" {
			s.T.Fatalf("%s came, want the event %s", v.Name, want)
		}
	}
}

// got is what the receiver got last.
func (s *linked) got() *frameRequest {
	s.T.Helper()
	select {
	case got := <-s.received:
		return got
	case <-time.After(commandtest.Patience):
		s.T.Fatal("the receiver got nothing")
		return nil
	}
}

// verified checks the signature with openssl, which knows nothing of this module.
func (s *linked) verified(got *frameRequest) {
	s.T.Helper()
	data := s.Write("data", got.body)
	s.OpenSSL(got.headers.Get("x-sign"), "base64", "-d", "-A", "-out", "sign")
	out := s.OpenSSL("", "dgst", "-sha256", "-verify", s.key("alipay_public.pem"), "-signature", "sign", data)
	if !strings.Contains(out, "Verified OK") {
		s.T.Errorf("openssl says %s", out)
	}
}

// settle lets the simulator's retries succeed, and reads the lines about them.
func (s *linked) settle() {
	s.T.Helper()
	s.answers(http.StatusOK, "success")
	var view struct {
		Messages []struct {
			Fate string `json:"fate"`
		} `json:"messages"`
	}
	deadline, ticker := time.After(commandtest.Patience), time.NewTicker(20*time.Millisecond)
	defer ticker.Stop()
	for {
		s.manage(http.MethodGet, "deliveries", nil, &view)
		owed := 0
		for _, m := range view.Messages {
			if m.Fate == "owed" {
				owed++
			}
		}
		if owed == 0 {
			break
		}
		select {
		case <-deadline:
			s.T.Fatalf("%+v", view)
		case <-ticker.C:
		}
	}
	for len(s.listener.Lines) > 0 {
		<-s.listener.Lines
	}
}
