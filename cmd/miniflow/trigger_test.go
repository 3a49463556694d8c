package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// stage is a receiver, a listener in front of it and a simulator that pushes to
// the listener, each started by its own command line.
type stage struct {
	*program
	listener  *running
	simulator string // URL
	home      string // the simulator's data directory
	received  chan request
	answer    func() (int, string)
}

// request is what the receiver got.
type request struct{ body, contentType string }

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{program: newProgram(t), received: make(chan request, 1000), answer: func() (int, string) { return http.StatusOK, "success" }}
	s.home = filepath.Join(s.dir, "sim")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.received <- request{string(body), r.Header.Get("Content-Type")}
		status, text := s.answer()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(receiver.Close)
	if err := alipaysim.GenerateKeys(filepath.Join(s.home, "keys"), "2021000000000000"); err != nil {
		t.Fatal(err)
	}
	s.listener = s.start("listen", "--listen", "127.0.0.1:0", "--forward-to", receiver.URL+"/handler", "--public-key", s.alipayKey())
	door := next[map[string]string](s.listener)["listening"]
	s.simulator = s.simulate("--data-dir", s.home, "--gateway-url", door+"alipay/notify")
	return s
}

// simulate starts a simulator and gives its URL.
func (s *stage) simulate(args ...string) string {
	s.t.Helper()
	v := next[simulatorView](s.start(append([]string{"simulator", "--listen", "127.0.0.1:0"}, args...)...))
	return strings.TrimSuffix(v.Gateway, "/gateway.do")
}

func (s *stage) alipayKey() string {
	return filepath.Join(s.home, "keys", "2021000000000000", "alipay_public.pem")
}

// form gives what was received, and decodes it.
func (s *stage) form() (request, url.Values) {
	s.t.Helper()
	select {
	case got := <-s.received:
		values, err := url.ParseQuery(got.body)
		if err != nil {
			s.t.Fatal(err)
		}
		return got, values
	default:
		s.t.Fatal("the receiver got nothing")
		return request{}, nil
	}
}

// TestEveryMessageOfTheCatalogue pushes each message: the simulator signs it, the
// listener verifies it and passes it on, the typed readers of package alipay
// understand it.
func TestEveryMessageOfTheCatalogue(t *testing.T) {
	s := newStage(t)
	names := asks[listView](s.program, exitOK, "trigger")
	if len(names.Messages) != len(samples) || len(names.Scenarios) < 8 {
		t.Fatalf("%d messages and %d scenarios are listed", len(names.Messages), len(names.Scenarios))
	}
	key, err := keys.ParsePublicKey(s.read(s.alipayKey()))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: "2021000000000000", AlipayKeys: []keys.AlipayKey{{Public: key}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range names.Messages {
		sent := asks[attemptView](s.program, exitOK, "trigger", one.Name, "--simulator", s.simulator)
		seen := next[receivedView](s.listener)
		got, _ := s.form()
		n, err := verifier.Notification([]byte(got.body))
		if err != nil {
			t.Fatalf("%s: %v", one.Name, err)
		}
		if _, err := n.Message(); err != nil || n.Name != one.Name || !seen.Valid || seen.Name != one.Name || seen.NotifyID != sent.NotifyID {
			t.Errorf("%s: %v; sent %+v, seen %+v", one.Name, err, sent, seen)
		}
	}
}

func TestTheCatalogueIsWhole(t *testing.T) {
	for _, name := range alipay.MessageNames() {
		if _, known := sampleNamed(name); !known {
			t.Errorf("trigger doesn't know %s", name)
		}
	}
	if one, known := sampleNamed("version.audit.passed"); !known || one.name != alipay.MessageVersionAuditPassed {
		t.Errorf("the end of a name finds %q", one.name)
	}
	if one, known := sampleNamed("passed"); known {
		t.Errorf("an ambiguous end finds %q", one.name)
	}
}

func TestEveryScenarioIsPlayed(t *testing.T) {
	s := newStage(t)
	for _, story := range scenarios() {
		t.Run(story.name, func(t *testing.T) {
			s.t = t
			if len(story.messages) == 0 {
				s.says(s.run("trigger", story.name, "--simulator", s.simulator), exitUsage, "--orders")
				return
			}
			r := s.run("trigger", story.name, "--simulator", s.simulator, "--mini-app-id", "2021000000000042", "--out-order-no", "no-1")
			s.says(r, exitOK, "no-1", "2021000000000042")
			var want, got []string
			for _, line := range story.messages {
				want = append(want, slices.Repeat([]string{line.message}, story.duplicate+1)...)
			}
			for range want {
				_, values := s.form()
				got = append(got, values.Get("msg_method")+values.Get("notify_type"))
				if content := values.Get("biz_content"); !strings.Contains(content, "no-1") && !strings.Contains(content, "2021000000000042") {
					t.Errorf("not about this order: %s", content)
				}
			}
			slices.Sort(want) // deliveries overtake each other
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTriggerChangesMessages(t *testing.T) {
	s := newStage(t)
	trigger := func(args ...string) (request, url.Values) {
		t.Helper()
		s.must(append([]string{"trigger", "--simulator", s.simulator}, args...)...)
		return s.form()
	}
	_, form := trigger("merchant.confirmed", "--set", "biz_content.status=TIMEOUT, really", "--set", "biz_content.deep.er:=[1]", "--set", "msg_type=app", "--set", "notify_id=n-7")
	if content := form.Get("biz_content"); !strings.Contains(content, `"status":"TIMEOUT, really"`) || !strings.Contains(content, `"deep":{"er":[1]}`) ||
		form.Get("msg_type") != "app" || form.Get("notify_id") != "n-7" {
		t.Errorf("%v", form)
	}
	got, form := trigger("version.audit.rejected", "--charset", "gbk")
	if got.contentType != "application/x-www-form-urlencoded;charset=GBK" {
		t.Errorf("the content type became %q", got.contentType)
	}
	if !strings.Contains(got.body, "%D0%A1") || form.Get("charset") != "GBK" { // 小 in GBK
		t.Errorf("not in GBK: %s", got.body)
	}
	for rule, want := range map[string]string{"with": "with sign_type", "without": "without sign_type"} {
		for len(s.listener.lines) > 0 {
			next[receivedView](s.listener)
		}
		trigger("appauth.cancelled", "--rule", rule)
		if v := next[receivedView](s.listener); v.Rule != want {
			t.Errorf("--rule %s is signed %s", rule, v.Rule)
		}
	}
	first, _ := trigger("fastregister.changed", "--duplicate", "2", "--delay", "1ms")
	for range 2 {
		if again, _ := s.form(); again.body != first.body {
			t.Errorf("a duplicate differs:\n%s\n%s", first.body, again.body)
		}
	}
	for args, want := range map[string]string{
		"merchant.confirmed --set nonsense":                    "no =",
		"merchant.confirmed --set biz_content.a:={":            "wants JSON",
		"merchant.confirmed --set a:=5":                        "is text",
		"merchant.confirmed --set biz_content.status.deep=1":   "no object",
		"servicemarket_order_notify --set biz_content.phone=1": "no biz_content",
		"pass --notify-id n":                                   "one message",
		"pass --duplicate 1001":                                "0 to 1000",
		"merchant.confirmed --app-id 2021999":                  "2021000000000000",
		"late-after-end --orders x":                            "only be pushed",
	} {
		s.says(s.run(append([]string{"trigger", "--simulator", s.simulator}, strings.Fields(args)...)...), exitUsage, want)
	}
}

func TestTriggerSetsRules(t *testing.T) {
	s := newStage(t)
	for range 2 { // the second replaces the first
		s.says(s.run("trigger", "reject-then-pass", "--orders", "demo-*", "--simulator", s.simulator), exitOK, "demo-*")
	}
	s.must("trigger", "times-out", "--orders", "late-*", "--simulator", s.simulator)
	sim, err := newRemote(s.simulator, "", "", apiPatience)
	if err != nil {
		t.Fatal(err)
	}
	var rules alipaysim.Rules
	if err := sim.ask(t.Context(), http.MethodGet, "/sim/v1/rules", nil, &rules); err != nil {
		t.Fatal(err)
	}
	if len(rules.Rules) != 2 || rules.Rules[0].OutOrderNo != "late-*" || rules.Rules[1].Audits[0].Result != "reject" {
		t.Errorf("%+v", rules)
	}
	for _, story := range scenarios() {
		if story.rule != nil {
			s.must("trigger", story.name, "--orders", story.name+"-*", "--simulator", s.simulator)
		}
	}
}

func TestTriggerSeesWhatTheReceiverAnswers(t *testing.T) {
	s := newStage(t)
	s.answer = func() (int, string) { return http.StatusInternalServerError, "fail" }
	s.says(s.run("trigger", "appauth.cancelled", "--simulator", s.simulator), exitFailed, "✗", "500 fail", "not answered with success")
	alone := s.simulate("--data-dir", filepath.Join(s.dir, "alone"))
	s.says(s.run("trigger", "pass", "--simulator", alone), exitUsage, "--gateway-url")
	s.says(s.run("trigger", "pass", "--simulator", "http://127.0.0.1:1"), exitUsage, "reach the simulator", "--simulator")
}

// post sends a body and gives the answer; host "" is the address's own.
func post(t *testing.T, method, address, host, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestListenKeepsForgeriesOut(t *testing.T) {
	s := newStage(t)
	s.must("trigger", "appauth.cancelled", "--simulator", s.simulator)
	next[receivedView](s.listener)
	genuine, _ := s.form()
	listener := s.start("listen", "--listen", "127.0.0.1:0", "--public-key", s.alipayKey())
	door := next[map[string]string](listener)["listening"]
	if status, text := post(t, http.MethodPost, door, "", genuine.body); status != http.StatusOK || text != "success" {
		t.Errorf("a genuine message is answered %d %s", status, text)
	}
	if v := next[receivedView](listener); !v.Valid {
		t.Errorf("%+v", v)
	}
	if status, text := post(t, http.MethodPost, door, "", genuine.body+"&x=1"); status != http.StatusForbidden || text != "fail" {
		t.Errorf("a forgery is answered %d %s", status, text)
	}
	if v := next[receivedView](listener); v.Valid || v.Causes[0].Cause != "added_parameter" {
		t.Errorf("%+v", v)
	}
	for _, c := range []struct {
		method, host, body string
		status             int
	}{
		{http.MethodGet, "", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "", strings.Repeat("x", alipay.MaxBody+1), http.StatusBadRequest},
		{http.MethodPost, "evil.example", genuine.body, http.StatusMisdirectedRequest},
	} {
		if status, _ := post(t, c.method, door, c.host, c.body); status != c.status {
			t.Errorf("%s to %q is answered %d, want %d", c.method, c.host, status, c.status)
		}
	}
}

func TestListenSaysThatTheReceiverIsGone(t *testing.T) {
	s := newStage(t)
	s.must("trigger", "appauth.cancelled", "--simulator", s.simulator)
	genuine, _ := s.form()
	listener := s.start("listen", "--listen", "127.0.0.1:0", "--public-key", s.alipayKey(), "--forward-to", "http://127.0.0.1:1/")
	door := next[map[string]string](listener)["listening"]
	status, _ := post(t, http.MethodPost, door, "", genuine.body)
	if v := next[receivedView](listener); status != http.StatusBadGateway || !v.Valid || v.Error == "" {
		t.Errorf("answered %d, printed %+v", status, v)
	}
}

func TestListenRefusesTheApplicationsKey(t *testing.T) {
	p := newProgram(t)
	p.keys()
	own := filepath.Join(p.dir, "app_public.pem")
	p.says(p.run("listen", "--listen", "127.0.0.1:0", "--public-key", own, "--app-public-key", own), exitUsage, "支付宝公钥")
}

// TestSimulatorGoesOnWhereItStopped restarts it on the same directory.
func TestSimulatorGoesOnWhereItStopped(t *testing.T) {
	p := newProgram(t)
	dir := filepath.Join(p.dir, "sim")
	var keys []string
	for range 2 {
		sim := p.start("simulator", "--listen", "127.0.0.1:0", "--data-dir", dir, "--app-id", "2021", "--rule", "without", "--charset", "gbk")
		v := next[simulatorView](sim)
		keys = append(keys, p.read(v.Apps[0].AlipayPublicKey))
		var state struct {
			Apps []struct {
				AppID      string `json:"app_id"`
				NotifyRule string `json:"notify_rule"`
				Charset    string `json:"charset"`
			} `json:"apps"`
		}
		remote, err := newRemote(strings.TrimSuffix(v.Gateway, "/gateway.do"), "", "", apiPatience)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.ask(t.Context(), http.MethodGet, "/sim/v1/state", nil, &state); err != nil || state.Apps[0].NotifyRule != "without_sign_type" || state.Apps[0].Charset != "GBK" {
			t.Errorf("%v: %+v", err, state)
		}
		sim.end()
	}
	if keys[0] != keys[1] {
		t.Error("a restart made new keys")
	}
	p.says(p.run("simulator", "--listen", "127.0.0.1:0", "--data-dir", p.write("file", "")), exitFailed, "--data-dir")
	if _, err := os.Stat(filepath.Join(dir, "alipay.db")); err != nil {
		t.Error(err)
	}
}

func TestPauseEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if pause(ctx, apiPatience) == nil {
		t.Error("slept on")
	}
}
