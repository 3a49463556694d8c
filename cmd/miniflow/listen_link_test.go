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

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/listen"
	"miniflow/cmd/miniflow/internal/trigger"
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

// TestListenOverTheLongConnection : the receiver gets the very bytes that Alipay
// signed, and what it needs to verify them; the simulator gets SUCCESS.
func TestListenOverTheLongConnection(t *testing.T) {
	s := newLinked(t)
	if v := s.event(linkConnecting); v.URL != s.url || v.AppID != simulatedApp || !strings.HasSuffix(v.ForwardTo, "/handler") {
		t.Errorf("%+v", v)
	}
	s.event(linkConnected)
	sent := commandtest.Asks[trigger.Attempt](s.Program, command.ExitOK, "trigger", "merchant.confirmed", "--simulator", s.url, "--set", "biz_content.status=面馆 + %")
	if sent.Channel != "websocket" || sent.Body != ackSuccess || !sent.Success {
		t.Errorf("the simulator says %+v", sent)
	}
	seen := commandtest.Next[listen.Received](s.listener)
	if !seen.Valid || seen.Channel != "websocket" || seen.Name != alipay.MessageMerchantConfirmed || seen.NotifyID != sent.NotifyID ||
		seen.Ack != ackSuccess || seen.Answer != "success" || seen.Status != http.StatusOK || seen.LatencyMS <= 0 || seen.AppID != simulatedApp {
		t.Errorf("shown %+v", seen)
	}
	got := s.got()
	if !strings.HasPrefix(got.body, `{"header":{"appId":"`+simulatedApp) || !strings.Contains(got.body, "面馆 + %") {
		t.Errorf("handed on %s", got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=UTF-8", "x-msgId": sent.NotifyID, "x-signType": "RSA2", "x-charset": "UTF-8",
	} {
		if got.headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.headers.Get(name), want)
		}
	}
	if len(got.headers.Get("x-timestamp")) != 13 {
		t.Errorf("x-timestamp is %q", got.headers.Get("x-timestamp"))
	}
	s.verified(got)
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

// TestWhatTheReceiverSaysIsWhatAlipayHears : SUCCESS only for success.
func TestWhatTheReceiverSaysIsWhatAlipayHears(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	for _, test := range []struct {
		status int
		text   string
		ack    string
	}{
		{http.StatusOK, "success", ackSuccess},
		{http.StatusAccepted, "SUCCESS\n", ackSuccess},
		{http.StatusOK, "fail", ackFail},
		{http.StatusOK, "", ackFail},
		{http.StatusInternalServerError, "success", ackFail},
		{http.StatusFound, "success", ackFail},
	} {
		s.answers(test.status, test.text)
		code := command.ExitOK
		if test.ack == ackFail {
			code = command.ExitFailed
		}
		r := s.Run("--output", "json", "trigger", "version.audit.passed", "--simulator", s.url)
		s.Says(r, code, `"body":"`+test.ack+`"`)
		seen := commandtest.Next[listen.Received](s.listener)
		if seen.Ack != test.ack || seen.Status != test.status || seen.Answer != test.text {
			t.Errorf("%d %q is shown as %+v", test.status, test.text, seen)
		}
		s.settle()
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

// TestTheLongConnectionIsLostAndRegained : each is said, and what was sent
// meanwhile comes afterwards.
func TestTheLongConnectionIsLostAndRegained(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.strike(alipaysim.Faults{Channel: []alipaysim.ChannelFault{
		{Kind: alipaysim.ChannelRegisterFailure, Times: 1, SubCode: "isv.invalid-signature"}}})
	s.manage(http.MethodPost, "apps/"+simulatedApp+"/disconnect", nil, nil)
	if v := s.event(linkLost); v.Error == "" || v.HeldSeconds <= 0 {
		t.Errorf("%+v", v)
	}
	if v := s.event(linkFailed); !strings.Contains(v.Error, "private key") {
		t.Errorf("a refused registration does not say what to do: %+v", v)
	}
	s.event(linkRegained)
	s.Must("trigger", "version.audit.rejected", "--simulator", s.url)
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Name != alipay.MessageVersionAuditRejected {
		t.Errorf("%+v", v)
	}
}

// TestForgedFramesAreNotPassedOn : they are explained, and answered FAIL.
func TestForgedFramesAreNotPassedOn(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.strike(alipaysim.Faults{Channel: []alipaysim.ChannelFault{{Kind: alipaysim.ChannelWrongKey, Times: 1}}})
	s.Says(s.Run("trigger", "version.audit.passed", "--simulator", s.url), command.ExitFailed, ackFail)
	if v := commandtest.Next[listen.Received](s.listener); v.Valid || v.Ack != ackFail || !strings.Contains(v.Error, "bad_signature") {
		t.Errorf("%+v", v)
	}
	// The retry is genuine.
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Ack != ackSuccess {
		t.Errorf("%+v", v)
	}
	if s.got(); len(s.received) > 0 {
		t.Error("the forged frame was passed on")
	}
}

// TestTriggerChoosesTheChannel : as the app has subscribed, or as it is told; the
// 1.0 layout comes over http whatever is said.
func TestTriggerChoosesTheChannel(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	for _, test := range []struct {
		args string
		want string
	}{
		{"version.audit.passed", "websocket"},
		{"version.audit.passed --channel http", "http"},
		{"appauth.cancelled", "http"}, // not alipay.open.mini.*
		{"appauth.cancelled --channel websocket", "websocket"},
		{"open_app_auth_notify", "http"},
	} {
		sent := commandtest.Asks[trigger.Attempt](s.Program, command.ExitOK, append([]string{"trigger", "--simulator", s.url}, strings.Fields(test.args)...)...)
		if sent.Channel != test.want {
			t.Errorf("%s went over %s, want %s", test.args, sent.Channel, test.want)
		}
	}
	mixed := s.Must("trigger", "revoke-and-return", "--channel", "websocket", "--simulator", s.url)
	if strings.Count(mixed, "✓") != 6 || strings.Count(mixed, ackSuccess) != 4 {
		t.Errorf("the scenario with two messages of the 1.0 layout:\n%s", mixed)
	}
	for args, want := range map[string]string{
		"open_app_auth_notify --channel websocket":             "over http alone",
		"version.audit.passed --channel websocket --rule with": "--rule and --charset",
		"version.audit.passed --channel websocket --app-id 7":  simulatedApp,
	} {
		s.Says(s.Run(append([]string{"trigger", "--simulator", s.url}, strings.Fields(args)...)...), command.ExitUsage, want)
	}
	s.listener.End()
	s.Says(s.Run("trigger", "version.audit.passed", "--simulator", s.url), command.ExitUsage, "miniflow listen --channel websocket")
	s.Must("trigger", "version.audit.passed", "--channel", "http", "--simulator", s.url)
}

// TestListenOpensTheConfiguredLongConnections : keys and addresses come from the
// configuration, as serve takes them.
func TestListenOpensTheConfiguredLongConnections(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnected)
	s.listener.End()
	file := s.Config(s.url + "/gateway.do")
	both := strings.NewReplacer("app_id: \""+commandtest.AppID+"\"", "app_id: \""+simulatedApp+"\"",
		"endpoint: "+s.url+"/gateway.do", "endpoint: "+s.url+"/gateway.do\n    channel_endpoint: "+s.url+"\n    channel: websocket").
		Replace(s.Read(file))
	s.Write(filepath.Base(file), both)
	for name, from := range map[string]string{"app_private.pem": "app_private.pem", "alipay_public.pem": "alipay_public.pem"} {
		s.Write(name, s.Read(s.key(from)))
	}
	s.listener = s.Start("listen", "--channel", "websocket", "--config", file)
	s.event(linkConnected)
	s.Must("trigger", "version.audit.passed", "--simulator", s.url)
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Ack != ackSuccess || v.AppID != simulatedApp {
		t.Errorf("%+v", v)
	}
	s.Says(s.Run("listen", "--channel", "websocket", "--config", file, "--app-id", "7"), command.ExitUsage, simulatedApp)
}

// TestListenSaysWhatItNeeds before it connects anywhere.
func TestListenSaysWhatItNeeds(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	own, private := filepath.Join(p.Dir, "app_public.pem"), filepath.Join(p.Dir, "app_private.pem")
	for _, test := range []struct{ args, want string }{
		{"--public-key " + own, "--private-key"},
		{"--public-key " + own + " --private-key " + private + " --app-id 1", "支付宝公钥"},
		{"--public-key " + own + " --private-key " + own + " --app-id 1", "public key"},
		{"--public-key " + own + " --private-key " + private + " --simulator nowhere", "--simulator"},
		{"--config " + filepath.Join(p.Dir, "none.yaml"), "none.yaml"},
		{"--public-key " + own + " --private-key " + private + " --forward-to ftp://x", "--forward-to"},
	} {
		r := p.Run(append([]string{"listen", "--channel", "websocket"}, strings.Fields(test.args)...)...)
		p.Says(r, command.ExitUsage, test.want)
	}
}
