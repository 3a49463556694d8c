package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
)

const linkedApp = "2021000000000000"

// linked is a simulator whose app has both channels, a receiver, and the listener
// on the long connection between them.
type linked struct {
	*program
	sim       *remote
	simulator string // URL
	home      string
	listener  *running
	received  chan *frameRequest

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
	s := &linked{program: newProgram(t), received: make(chan *frameRequest, 1000)}
	s.answers(http.StatusOK, "success")
	s.home = filepath.Join(s.dir, "sim")
	receiver := httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(receiver.Close)
	v := next[simulatorView](s.start("simulator", "--listen", "127.0.0.1:0", "--data-dir", s.home, "--speed", "100",
		"--websocket", "alipay.open.mini.*", "--gateway-url", receiver.URL+"/over-http"))
	s.simulator = strings.TrimSuffix(v.Gateway, "/gateway.do")
	var err error
	if s.sim, err = newRemote(s.simulator, "the simulator", "", apiPatience); err != nil {
		t.Fatal(err)
	}
	s.listener = s.start("listen", "--channel", "websocket", "--forward-to", receiver.URL+"/handler",
		"--simulator", s.simulator, "--private-key", s.key("app_private.pem"), "--public-key", s.key("alipay_public.pem"))
	return s
}

func (s *linked) key(name string) string { return filepath.Join(s.home, "keys", linkedApp, name) }

// answers says what the receiver answers from now on.
func (s *linked) answers(status int, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.status, s.text = status, text
}

func (s *linked) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
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
func (s *linked) event(want linkEvent) linkView {
	s.t.Helper()
	for {
		v := next[struct {
			linkView
			Name string `json:"name"`
		}](s.listener)
		if v.Event == want {
			return v.linkView
		}
		if v.Event == "" {
			s.t.Fatalf("%s came, want the event %s", v.Name, want)
		}
	}
}

// got is what the receiver got last.
func (s *linked) got() *frameRequest {
	s.t.Helper()
	select {
	case got := <-s.received:
		return got
	case <-time.After(patience):
		s.t.Fatal("the receiver got nothing")
		return nil
	}
}

// manage makes a call of the simulator's management API.
func (s *linked) manage(method, path string, body any) {
	s.t.Helper()
	if _, err := s.sim.call(s.t.Context(), method, "/sim/v1/"+path, body); err != nil {
		s.t.Fatal(err)
	}
}

// TestListenOverTheLongConnection : the receiver gets the very bytes that Alipay
// signed, and what it needs to verify them; the simulator gets SUCCESS.
func TestListenOverTheLongConnection(t *testing.T) {
	s := newLinked(t)
	if v := s.event(linkConnecting); v.URL != s.simulator || v.AppID != linkedApp || !strings.HasSuffix(v.ForwardTo, "/handler") {
		t.Errorf("%+v", v)
	}
	s.event(linkConnected)
	sent := asks[attemptView](s.program, exitOK, "trigger", "merchant.confirmed", "--simulator", s.simulator, "--set", "biz_content.status=面馆 + %")
	if sent.Channel != "websocket" || sent.Body != ackSuccess || !sent.Success {
		t.Errorf("the simulator says %+v", sent)
	}
	seen := next[receivedView](s.listener)
	if !seen.Valid || seen.Channel != "websocket" || seen.Name != alipay.MessageMerchantConfirmed || seen.NotifyID != sent.NotifyID ||
		seen.Ack != ackSuccess || seen.Answer != "success" || seen.Status != http.StatusOK || seen.LatencyMS <= 0 || seen.AppID != linkedApp {
		t.Errorf("shown %+v", seen)
	}
	got := s.got()
	if !strings.HasPrefix(got.body, `{"header":{"appId":"`+linkedApp) || !strings.Contains(got.body, "面馆 + %") {
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
	s.t.Helper()
	data := s.write("data", got.body)
	s.openssl(got.headers.Get("x-sign"), "base64", "-d", "-A", "-out", "sign")
	out := s.openssl("", "dgst", "-sha256", "-verify", s.key("alipay_public.pem"), "-signature", "sign", data)
	if !strings.Contains(out, "Verified OK") {
		s.t.Errorf("openssl says %s", out)
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
		code := exitOK
		if test.ack == ackFail {
			code = exitFailed
		}
		r := s.run("--output", "json", "trigger", "version.audit.passed", "--simulator", s.simulator)
		s.says(r, code, `"body":"`+test.ack+`"`)
		seen := next[receivedView](s.listener)
		if seen.Ack != test.ack || seen.Status != test.status || seen.Answer != test.text {
			t.Errorf("%d %q is shown as %+v", test.status, test.text, seen)
		}
		s.settle()
	}
}

// settle lets the simulator's retries succeed, and reads the lines about them.
func (s *linked) settle() {
	s.t.Helper()
	s.answers(http.StatusOK, "success")
	var view struct {
		Messages []struct {
			Fate string `json:"fate"`
		} `json:"messages"`
	}
	deadline, ticker := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer ticker.Stop()
	for {
		if err := s.sim.ask(s.t.Context(), http.MethodGet, "/sim/v1/deliveries", nil, &view); err != nil {
			s.t.Fatal(err)
		}
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
			s.t.Fatalf("%+v", view)
		case <-ticker.C:
		}
	}
	for len(s.listener.lines) > 0 {
		<-s.listener.lines
	}
}

// TestTheLongConnectionIsLostAndRegained : each is said, and what was sent
// meanwhile comes afterwards.
func TestTheLongConnectionIsLostAndRegained(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.manage(http.MethodPut, "faults", alipaysim.Faults{Channel: []alipaysim.ChannelFault{
		{Kind: alipaysim.ChannelRegisterFailure, Times: 1, SubCode: "isv.invalid-signature"}}})
	s.manage(http.MethodPost, "apps/"+linkedApp+"/disconnect", nil)
	if v := s.event(linkLost); v.Error == "" || v.HeldSeconds <= 0 {
		t.Errorf("%+v", v)
	}
	if v := s.event(linkFailed); !strings.Contains(v.Error, "private key") {
		t.Errorf("a refused registration does not say what to do: %+v", v)
	}
	s.event(linkRegained)
	s.must("trigger", "version.audit.rejected", "--simulator", s.simulator)
	if v := next[receivedView](s.listener); !v.Valid || v.Name != alipay.MessageVersionAuditRejected {
		t.Errorf("%+v", v)
	}
}

// TestForgedFramesAreNotPassedOn : they are explained, and answered FAIL.
func TestForgedFramesAreNotPassedOn(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.manage(http.MethodPut, "faults", alipaysim.Faults{Channel: []alipaysim.ChannelFault{{Kind: alipaysim.ChannelWrongKey, Times: 1}}})
	s.says(s.run("trigger", "version.audit.passed", "--simulator", s.simulator), exitFailed, ackFail)
	if v := next[receivedView](s.listener); v.Valid || v.Ack != ackFail || !strings.Contains(v.Error, "bad_signature") {
		t.Errorf("%+v", v)
	}
	// The retry is genuine.
	if v := next[receivedView](s.listener); !v.Valid || v.Ack != ackSuccess {
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
		sent := asks[attemptView](s.program, exitOK, append([]string{"trigger", "--simulator", s.simulator}, strings.Fields(test.args)...)...)
		if sent.Channel != test.want {
			t.Errorf("%s went over %s, want %s", test.args, sent.Channel, test.want)
		}
	}
	mixed := s.must("trigger", "revoke-and-return", "--channel", "websocket", "--simulator", s.simulator)
	if strings.Count(mixed, "✓") != 6 || strings.Count(mixed, ackSuccess) != 4 {
		t.Errorf("the scenario with two messages of the 1.0 layout:\n%s", mixed)
	}
	for args, want := range map[string]string{
		"open_app_auth_notify --channel websocket":             "over http alone",
		"version.audit.passed --channel websocket --rule with": "--rule and --charset",
		"version.audit.passed --channel websocket --app-id 7":  linkedApp,
	} {
		s.says(s.run(append([]string{"trigger", "--simulator", s.simulator}, strings.Fields(args)...)...), exitUsage, want)
	}
	s.listener.end()
	s.says(s.run("trigger", "version.audit.passed", "--simulator", s.simulator), exitUsage, "miniflow listen --channel websocket")
	s.must("trigger", "version.audit.passed", "--channel", "http", "--simulator", s.simulator)
}

// TestListenOpensTheConfiguredLongConnections : keys and addresses come from the
// configuration, as serve takes them.
func TestListenOpensTheConfiguredLongConnections(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnected)
	s.listener.end()
	file := s.config(s.simulator + "/gateway.do")
	both := strings.NewReplacer("app_id: \""+verifiedApp+"\"", "app_id: \""+linkedApp+"\"",
		"endpoint: "+s.simulator+"/gateway.do", "endpoint: "+s.simulator+"/gateway.do\n    channel_endpoint: "+s.simulator+"\n    channel: websocket").
		Replace(s.read(file))
	s.write(filepath.Base(file), both)
	for name, from := range map[string]string{"app_private.pem": "app_private.pem", "alipay_public.pem": "alipay_public.pem"} {
		s.write(name, s.read(s.key(from)))
	}
	s.listener = s.start("listen", "--channel", "websocket", "--config", file)
	s.event(linkConnected)
	s.must("trigger", "version.audit.passed", "--simulator", s.simulator)
	if v := next[receivedView](s.listener); !v.Valid || v.Ack != ackSuccess || v.AppID != linkedApp {
		t.Errorf("%+v", v)
	}
	s.says(s.run("listen", "--channel", "websocket", "--config", file, "--app-id", "7"), exitUsage, linkedApp)
}

// TestListenSaysWhatItNeeds before it connects anywhere.
func TestListenSaysWhatItNeeds(t *testing.T) {
	p := newProgram(t)
	p.keys()
	own, private := filepath.Join(p.dir, "app_public.pem"), filepath.Join(p.dir, "app_private.pem")
	for _, test := range []struct{ args, want string }{
		{"--public-key " + own, "--private-key"},
		{"--public-key " + own + " --private-key " + private + " --app-id 1", "支付宝公钥"},
		{"--public-key " + own + " --private-key " + own + " --app-id 1", "public key"},
		{"--public-key " + own + " --private-key " + private + " --simulator nowhere", "--simulator"},
		{"--config " + filepath.Join(p.dir, "none.yaml"), "none.yaml"},
		{"--public-key " + own + " --private-key " + private + " --forward-to ftp://x", "--forward-to"},
	} {
		r := p.run(append([]string{"listen", "--channel", "websocket"}, strings.Fields(test.args)...)...)
		p.says(r, exitUsage, test.want)
	}
}

// TestWhatListenShowsAPerson prints each kind of line once, in colour.
func TestWhatListenShowsAPerson(t *testing.T) {
	target, err := url.Parse("https://isv.example/handler")
	if err != nil {
		t.Fatal(err)
	}
	link := func(v linkView) func(*page) { return v.print }
	got := func(v receivedView) func(*page) { return v.print }
	for _, test := range []struct {
		show func(*page)
		want []string
	}{
		{link(linkView{Event: linkConnecting, URL: "https://openchannel.alipay.com", AppID: "2021"}), []string{"connecting to https://openchannel", "2021", "ctrl-c"}},
		{link(linkView{Event: linkConnected}), []string{"\x1b[32mconnected"}},
		{link(linkView{Event: linkRegained}), []string{"\x1b[32mregained"}},
		{link(linkView{Event: linkLost, HeldSeconds: 61, Error: "gone"}), []string{"\x1b[31mlost", "1m1s", "gone"}},
		{link(linkView{Event: linkFailed, Error: "refused\x1b[2J"}), []string{"\x1b[33mnot connected", "refused\ufffd[2J"}},
		{link(linkView{Event: linkAckLost}), []string{"comes again"}},
		{got(receivedView{Channel: "websocket", Valid: true, Name: "m", Status: 200, Answer: "success", Ack: ackSuccess, LatencyMS: 12}), []string{"\x1b[32m✓", "SUCCESS", "12 ms"}},
		{got(receivedView{Channel: "websocket", Valid: true, Name: "m", Error: "no answer from " + target.Host, Ack: ackFail}), []string{"\x1b[31m✗", "isv.example", "FAIL"}},
		{got(receivedView{Channel: "websocket", Error: "forged", Ack: ackFail}), []string{"\x1b[31minvalid", "not passed on", "forged"}},
		{got(receivedView{Channel: "http", Valid: true, Name: "m", Status: 200, Answer: "success"}), []string{"\x1b[32m✓", "200 success"}},
		{got(receivedView{Channel: "http", Valid: true, Name: "m", Status: 202, Answer: "success"}), []string{"\x1b[31m✗"}},
	} {
		var text strings.Builder
		test.show(&page{w: &text, colours: true})
		for _, want := range test.want {
			if !strings.Contains(text.String(), want) {
				t.Errorf("printed %q, want %q", text.String(), want)
			}
		}
	}
}
