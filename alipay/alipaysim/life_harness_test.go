package alipaysim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// life is a simulator that loses its process again and again: kill copies the
// file as it is on disk, without closing it, and opens the copy.
type life struct {
	t     *testing.T
	cfg   Config
	sim   *Simulator
	key   *rsa.PrivateKey
	mu    sync.Mutex
	now   time.Time
	names []string
	ids   map[string]int // deliveries by notify_id
	kills int
}

func newLife(t *testing.T) *life {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, key: key, now: time.Date(2026, 11, 21, 10, 0, 0, 0, wire.Beijing()), ids: map[string]int{}}
	receiver := httptest.NewServer(http.HandlerFunc(l.receive))
	t.Cleanup(receiver.Close)
	l.cfg = Config{Path: filepath.Join(t.TempDir(), "0.db"), Now: l.clock,
		Apps: []account.App{{ID: "app", AppPublicKey: &key.PublicKey, AlipayPrivateKey: key, GatewayURL: receiver.URL}}}
	l.open()
	t.Cleanup(func() { _ = l.sim.Close() })
	return l
}

func (l *life) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// receive fails the first delivery of each message and takes the second.
func (l *life) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	id := form.Get("notify_id")
	if l.ids[id]++; l.ids[id] == 2 {
		l.names = append(l.names, form.Get("msg_method")+form.Get("notify_type"))
		_, _ = io.WriteString(w, "success")
	}
}

func (l *life) open() {
	l.t.Helper()
	sim, err := Open(l.cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	l.sim = sim
}

// kill goes on from what is on disk now, as after kill -9.
func (l *life) kill() {
	l.t.Helper()
	content, err := os.ReadFile(l.cfg.Path)
	if err != nil {
		l.t.Fatal(err)
	}
	l.kills++
	l.cfg.Path = filepath.Join(filepath.Dir(l.cfg.Path), strconv.Itoa(l.kills)+".db")
	if err := os.WriteFile(l.cfg.Path, content, 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.reopen()
}

// reopen goes on without writing what Close would still write.
func (l *life) reopen() {
	l.t.Helper()
	_ = l.sim.world.Close()
	l.open()
}

func (l *life) call(method, token, biz string, files ...string) map[string]any {
	l.t.Helper()
	params := map[string]string{"app_id": "app", "method": method, "charset": "utf-8", "sign_type": "RSA2", "version": "1.0",
		"timestamp": l.clock().In(wire.Beijing()).Format(wire.TimeLayout), "app_auth_token": token, "biz_content": biz}
	for _, field := range files {
		name, value, _ := strings.Cut(field, "=")
		params[name] = value
	}
	signature, err := wire.Sign(l.key, wire.RequestText(params))
	if err != nil {
		l.t.Fatal(err)
	}
	form := url.Values{"sign": {signature}}
	for name, value := range params {
		if value != "" {
			form.Set(name, value)
		}
	}
	request := httptest.NewRequestWithContext(l.t.Context(), http.MethodPost, "/gateway.do", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	l.sim.Handler().ServeHTTP(recorder, request)
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(recorder.Body.Bytes(), &whole); err != nil {
		l.t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(whole[strings.ReplaceAll(method, ".", "_")+"_response"], &object); err != nil {
		l.t.Fatalf("%s: %s", method, recorder.Body)
	}
	return object
}

// commits does everything until nothing is planned, calling after behind every
// single commit.
func (l *life) commits(after func()) {
	l.t.Helper()
	for {
		did := false
		if err := l.sim.world.Change(func(t *world.Tx) { did = t.DoFirst() }); err != nil {
			l.t.Fatal(err)
		}
		if did {
			after()
			continue
		}
		sim := l.sim
		sent, _, err := sim.sender.SendDue(context.Background(), func(_ bool, deliver func()) {
			if l.sim == sim { // what a killed one had in the air is forgotten, and owed
				deliver()
				after()
			}
		})
		if err != nil {
			l.t.Fatal(err)
		}
		if sent > 0 {
			continue
		}
		next, err := l.sim.NextDue()
		if err != nil || next.IsZero() {
			return
		}
		l.mu.Lock()
		l.now = next
		l.mu.Unlock()
	}
}

// whole lives a mini program from create to online, and returns the messages
// that were taken and the effects of calls.
func (l *life) whole(after func()) (names []string, effects int, status any) {
	l.t.Helper()
	rule := script.Rule{Certify: []script.CertifyStep{}, Audits: []script.AuditRule{{Result: "reject", After: script.Duration(time.Hour)}, {Result: "pass", After: script.Duration(time.Hour)}},
		Revoke: &script.RevokeRule{On: lifecycle.MomentAuditing, After: script.Duration(time.Minute), ReauthorizeAfter: script.Duration(time.Minute)}}
	if err := l.sim.SetRules(script.Rules{Rules: []script.Rule{rule}}); err != nil {
		l.t.Fatal(err)
	}
	after()
	biz := `{"create_mini_request":{"out_order_no":"o1","alipay_account":"a","app_name":"noodles","cert_name":"c","cert_no":"1","contact_name":"n","contact_phone":"1","legal_personal_name":"l"}}`
	for range 2 { // the answer was lost: the same number again
		l.call("alipay.open.mini.isv.create", "", biz)
		after()
	}
	l.commits(after)
	var mini *world.Mini
	do := func(method, biz string, fields ...string) {
		_ = l.sim.world.Look(func(t *world.Tx) { mini = t.Minis()[0] })
		if r := l.call(method, mini.Token, biz, fields...); r["code"] != "10000" {
			l.t.Fatalf("%s: %v", method, r)
		}
		after()
		l.commits(after)
	}
	do(string(lifecycle.StepUpload), `{"template_id":"t","app_version":"1.0.0"}`)
	_ = l.sim.world.Change(func(t *world.Tx) { mini.BaseInfo["app_logo"] = "true"; t.Save(mini) })
	fields := []string{"app_version=1.0.0", "version_desc=" + strings.Repeat("说明", 10), "region_type=GLOBAL", "app_english_name=Noodles",
		"app_slogan=a bowl of noodles", "app_desc=a bowl of good noodles", "mini_category_ids=XS1", "service_phone=12345", "auto_online=true"}
	do(string(lifecycle.StepApply), "", fields...)
	do(string(lifecycle.StepTakeBack), `{"app_version":"1.0.0"}`)
	do(string(lifecycle.StepApply), "", fields...)
	_ = l.sim.world.Look(func(t *world.Tx) {
		for _, call := range t.Calls() {
			if call.Effect {
				effects++
			}
		}
	})
	status = l.call(string(lifecycle.StepDetail), mini.Token, `{"app_version":"1.0.0"}`)["status"]
	return l.names, effects, status
}
