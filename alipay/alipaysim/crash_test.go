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
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// A process that dies behind every single commit lives the same life.
func TestKilledAfterEveryCommitGoesOnWhereItStopped(t *testing.T) {
	calm := newLife(t)
	names, effects, status := calm.whole(func() {})
	restless := newLife(t)
	gotNames, gotEffects, gotStatus := restless.whole(restless.kill)
	if restless.kills < 25 {
		t.Errorf("only %d kills", restless.kills)
	}
	if diff := cmp.Diff(names, gotNames); diff != "" {
		t.Errorf("messages taken (-calm +killed):\n%s", diff)
	}
	if status != "RELEASE" || gotStatus != status || gotEffects != effects || effects != 5 {
		t.Errorf("calm: %v with %d effects; killed: %v with %d", status, effects, gotStatus, gotEffects)
	}
	for id, deliveries := range restless.ids {
		if deliveries != 2 {
			t.Errorf("%s was delivered %d times, failed once and taken once is 2", id, deliveries)
		}
	}
	want := []string{lifecycle.MessageConfirmed, lifecycle.MessageConfirmed, lifecycle.MessageAuthorized, lifecycle.MessageRevoked, lifecycle.MessageAuthorized, lifecycle.MessageRejected, lifecycle.MessagePassed}
	slices.Sort(want)
	sorted := slices.Sorted(slices.Values(names))
	if diff := cmp.Diff(want, sorted); diff != "" {
		t.Errorf("messages of this life (-want +got):\n%s", diff)
	}
}

// afterAnswer is a transport that does something behind every answer.
type afterAnswer func()

func (f afterAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	defer f()
	return http.DefaultTransport.RoundTrip(r)
}

// A delivery whose answer was never stored is made again, under the same id.
func TestKilledDuringADeliverySendsItAgain(t *testing.T) {
	l := newLife(t)
	// The receiver has answered, and the process dies before the answer is stored.
	l.cfg.HTTP = &http.Client{Transport: afterAnswer(sync.OnceFunc(l.kill))}
	l.reopen()
	if err := l.sim.world.Change(func(t *world.Tx) { t.Push(world.Push{Name: "m", App: "app", Content: wire.Object{{"a", 1}}}) }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.sim.sender.SendDue(t.Context(), func(_ bool, deliver func()) { deliver() }); err != nil {
		t.Fatal(err)
	}
	if l.kills != 1 {
		t.Fatalf("%d kills", l.kills)
	}
	if _, err := l.sim.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.ids) != 1 || len(l.names) != 1 {
		t.Errorf("%v, taken %v", l.ids, l.names)
	}
}

// A stopped Run leaves the delivery that was in the air owed, not failed.
func TestStoppedRunKeepsWhatItOwes(t *testing.T) {
	l := newLife(t)
	arrived, let := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-let }))
	defer slow.Close()
	defer close(let)
	if err := l.sim.SetGatewayURL("app", slow.URL); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.sim.Run(ctx) }()
	if err := l.sim.world.Change(func(t *world.Tx) { t.Push(world.Push{Name: "m", App: "app", Content: wire.Object{}}) }); err != nil {
		t.Fatal(err)
	}
	<-arrived
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	_ = l.sim.world.Look(func(t *world.Tx) {
		var attempts []int
		for key := range t.OwedKeys(account.ChannelHTTP) {
			owed, _, _ := t.Owed(account.ChannelHTTP, key)
			attempts = append(attempts, owed.Attempt)
		}
		if made := t.Deliveries(); len(attempts) != 1 || attempts[0] != 1 || len(made) != 0 {
			l.t.Errorf("owed attempts %v, made %v", attempts, made)
		}
	})
}

// The signatures of a burst are there before its first message is due, over the
// very text that will be sent.
func TestABurstIsSignedBeforeItIsDue(t *testing.T) {
	l := newLife(t)
	app, _ := l.sim.apps.Get("app")
	body := `{"app_id":"app","msg_method":"m","channel":"websocket","biz_content":{"n":"{n}"},"count":3}`
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sim/v1/messages", strings.NewReader(body))
	recorder := httptest.NewRecorder()
	l.sim.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusAccepted {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	var texts []string
	for _, n := range []string{"1", "2", "3"} {
		text := `{"header":{"appId":"app","msgApi":"m"},"content":{"n":"` + n + `"}}`
		want, err := wire.Sign(l.key, text)
		if got, made := app.Signed(text); err != nil || !made || got != want {
			t.Errorf("%s: signed ahead %t %q, want %q, %v", n, made, got, want, err)
		}
		texts = append(texts, text)
	}
	// The next burst takes the place of this one in memory.
	if err := app.SignAhead([]string{"text"}); err != nil {
		t.Fatal(err)
	}
	if _, made := app.Signed("text"); !made {
		t.Error("the next burst was not signed")
	}
	for _, text := range texts {
		if _, kept := app.Signed(text); kept {
			t.Errorf("%s is still kept", text)
		}
	}
}
