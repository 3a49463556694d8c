package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/listen"
	"miniflow/cmd/miniflow/internal/trigger"
)

// stage is a receiver, a listener in front of it and a simulator that pushes to
// the listener, each started by its own command line.
type stage struct {
	*tested
	listener *commandtest.Running
	*simulated
	received chan request
	answer   func() (int, string)
}

// request is what the receiver got.
type request struct{ body, contentType string }

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{tested: newProgram(t), received: make(chan request, 1000), answer: func() (int, string) { return http.StatusOK, "success" }}
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
	s.simulated = simulate(t, filepath.Join(s.Dir, "sim"), "", nil)
	s.listener = s.Start("listen", "--listen", "127.0.0.1:0", "--forward-to", receiver.URL+"/handler", "--public-key", s.key("alipay_public.pem"))
	door := commandtest.Next[map[string]string](s.listener)["listening"]
	s.pushTo(door + "alipay/notify")
	return s
}

// form returns what was received, decoded too.
func (s *stage) form() (request, url.Values) {
	s.T.Helper()
	select {
	case got := <-s.received:
		values, err := url.ParseQuery(got.body)
		if err != nil {
			s.T.Fatal(err)
		}
		return got, values
	default:
		s.T.Fatal("the receiver got nothing")
		return request{}, nil
	}
}

// TestEveryMessageOfTheCatalogue pushes each message: the simulator signs it, the
// listener verifies it and passes it on, the typed readers of package alipay
// understand it.
func TestEveryMessageOfTheCatalogue(t *testing.T) {
	s := newStage(t)
	names := commandtest.Asks[trigger.List](s.Program, command.ExitOK, "trigger", "--simulator", s.url)
	if len(names.Scenarios) < 8 {
		t.Fatalf("%d messages and %d scenarios are listed", len(names.Messages), len(names.Scenarios))
	}
	key, err := keys.ParsePublicKey(s.Read(s.key("alipay_public.pem")))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: simulatedApp, AlipayKeys: []keys.AlipayKey{{Public: key}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range names.Messages {
		sent := commandtest.Asks[trigger.Attempt](s.Program, command.ExitOK, "trigger", one.Name, "--simulator", s.url)
		seen := commandtest.Next[listen.Received](s.listener)
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

// TestTheCatalogueIsWhole checks that trigger lists every message that package alipay knows, by its
// whole name, and takes the end of a name where only one message ends so.
func TestTheCatalogueIsWhole(t *testing.T) {
	s := newStage(t)
	var messages []string
	for _, one := range commandtest.Asks[trigger.List](s.Program, command.ExitOK, "trigger", "--simulator", s.url).Messages {
		messages = append(messages, one.Name)
	}
	slices.Sort(messages)
	names := append(alipay.MessageNames(), alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder) // and the 1.0 layout
	slices.Sort(names)
	if diff := cmp.Diff(names, messages); diff != "" {
		t.Errorf("messages (-known +listed):\n%s", diff)
	}
	s.Says(s.Run("trigger", "version.audit.passed", "--simulator", s.url), command.ExitOK, alipay.MessageVersionAuditPassed)
	s.Says(s.Run("trigger", "passed", "--simulator", s.url), command.ExitUsage, "lists them")
}

// TestWithoutASimulatorNothingIsListed, and what to do is said.
func TestWithoutASimulatorNothingIsListed(t *testing.T) {
	p := newProgram(t)
	p.Says(p.Run("trigger", "--simulator", "http://127.0.0.1:1"), command.ExitUsage, "reach the simulator", "`alipaysim`", "--simulator")
	other := newAPI(t, `404 {"status":404,"detail":"there is nothing here"}`)
	p.Says(p.Run("trigger", "--simulator", other.url), command.ExitUsage, "404", "of this version")
}

func TestEveryScenarioIsPlayed(t *testing.T) {
	s := newStage(t)
	for _, story := range s.scenarios() {
		t.Run(story.Name, func(t *testing.T) {
			p := s.in(t)
			if len(story.Messages) == 0 {
				p.Says(p.Run("trigger", story.Name, "--simulator", s.url), command.ExitUsage, "--orders")
				return
			}
			r := p.Run("trigger", story.Name, "--simulator", s.url, "--mini-app-id", "2021000000000042", "--out-order-no", "no-1")
			p.Says(r, command.ExitOK, "no-1", "2021000000000042")
			var want, got []string
			for _, line := range story.Messages {
				status, _ := line.Fields["status"].(string)
				want = append(want, slices.Repeat([]string{line.Message + " " + status}, story.Duplicate+1)...)
			}
			for range want {
				_, values := s.form()
				content := values.Get("biz_content")
				var says struct{ Status string }
				if err := json.Unmarshal([]byte(content), &says); err != nil {
					t.Fatal(err)
				}
				got = append(got, values.Get("msg_method")+values.Get("notify_type")+" "+says.Status)
				if !strings.Contains(content, "no-1") && !strings.Contains(content, "2021000000000042") {
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
		s.Must(append([]string{"trigger", "--simulator", s.url}, args...)...)
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
		for len(s.listener.Lines) > 0 {
			commandtest.Next[listen.Received](s.listener)
		}
		trigger("appauth.cancelled", "--rule", rule)
		if v := commandtest.Next[listen.Received](s.listener); v.Rule != want {
			t.Errorf("--rule %s is signed %s", rule, v.Rule)
		}
	}
	first, _ := trigger("fastregister.changed", "--duplicate", "2", "--delay", "1ms")
	for range 2 {
		if again, _ := s.form(); again.body != first.body {
			t.Errorf("a duplicate differs:\n%s\n%s", first.body, again.body)
		}
	}
}

// TestTriggerSaysWhatCanNotBePushed before anything is pushed.
func TestTriggerSaysWhatCanNotBePushed(t *testing.T) {
	s := newStage(t)
	for args, want := range map[string]string{
		"merchant.confirmed --set nonsense":                    "no =",
		"merchant.confirmed --set biz_content.a:={":            "wants JSON",
		"merchant.confirmed --set a:=5":                        "is text",
		"merchant.confirmed --set biz_content.status.deep=1":   "no object",
		"servicemarket_order_notify --set biz_content.phone=1": "no biz_content",
		"pass --notify-id n":                                   "one message",
		"pass --duplicate 1001":                                "0 to 1000",
		"merchant.confirmed --app-id 2021999":                  simulatedApp,
		"late-after-end --orders x":                            "only be pushed",
	} {
		s.Says(s.Run(append([]string{"trigger", "--simulator", s.url}, strings.Fields(args)...)...), command.ExitUsage, want)
	}
}

func TestTriggerSetsRules(t *testing.T) {
	s := newStage(t)
	for range 2 { // the second replaces the first
		s.Says(s.Run("trigger", "reject-then-pass", "--orders", "demo-*", "--simulator", s.url), command.ExitOK, "demo-*")
	}
	s.Must("trigger", "times-out", "--orders", "late-*", "--simulator", s.url)
	var rules alipaysim.Rules
	s.manage(http.MethodGet, "rules", nil, &rules)
	if len(rules.Rules) != 2 || rules.Rules[0].OutOrderNo != "late-*" || rules.Rules[1].Audits[0].Result != "reject" {
		t.Errorf("%+v", rules)
	}
	for _, story := range s.scenarios() {
		if story.Rule != nil {
			s.Must("trigger", story.Name, "--orders", story.Name+"-*", "--simulator", s.url)
		}
	}
}

func TestTriggerSeesWhatTheReceiverAnswers(t *testing.T) {
	s := newStage(t)
	s.answer = func() (int, string) { return http.StatusInternalServerError, "fail" }
	s.Says(s.Run("trigger", "appauth.cancelled", "--simulator", s.url), command.ExitFailed, "✗", "500 fail", "not answered with success")
	alone := simulate(t, filepath.Join(s.Dir, "alone"), "", nil).url
	s.Says(s.Run("trigger", "pass", "--simulator", alone), command.ExitUsage, "--gateway-url")
	s.Says(s.Run("trigger", "pass", "--simulator", "http://127.0.0.1:1"), command.ExitUsage, "reach the simulator", "--simulator")
}
