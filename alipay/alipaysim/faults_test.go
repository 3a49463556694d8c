package alipaysim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

const createMethod = "alipay.open.mini.isv.create"

// tryCreate makes a create call whose answer may be anything.
func (w *world) tryCreate(ctx context.Context, number string) (reply, error) {
	w.t.Helper()
	return w.post(ctx, w.public(createMethod, "", map[string]string{"biz_content": mustJSON(createFields(number))}))
}

// lastCall is the newest entry of the record of calls.
func (w *world) lastCall() map[string]any {
	w.t.Helper()
	list := w.must("GET", "calls", "")["calls"].([]any)
	if len(list) == 0 {
		w.t.Fatal("no call is on record")
	}
	return list[len(list)-1].(map[string]any)
}

// poll asks until the answer is yes, and fails the test when it never is.
func poll(t *testing.T, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("never came true: %s", what)
		case <-tick.C:
		}
	}
}

// struck says what each fault does to a create call.
var struck = []struct {
	kind, more string
	want       func(reply, error) bool
	effect     bool
	answered   bool
	code       string
}{
	{"error", `,"sub_code":"RATE_LIMITING_RISK","sub_msg":"限流"`, func(r reply, err error) bool {
		return err == nil && r["code"] == "40004" && r.code() == "RATE_LIMITING_RISK" && r["sub_msg"] == "限流"
	}, false, true, "40004"},
	{"error", `,"code":"20000","sub_code":"isp.unknow-error"`, func(r reply, err error) bool {
		return err == nil && r["code"] == "20000" && r["msg"] == "Service Currently Unavailable"
	}, false, true, "20000"},
	{"error", `,"sub_code":"MINI_APP_INFO_AUDIT_CONTAINS","unknown":true`, func(r reply, err error) bool {
		return err == nil && r.code() == "unknown-sub-code" && r["sub_msg"] == "未知的错误码MINI_APP_INFO_AUDIT_CONTAINS"
	}, false, true, "40004"},
	{"rate_limit", "", func(r reply, err error) bool {
		return err == nil && r["code"] == "40005" && r.code() == "isv.method-call-limited"
	}, false, true, "40005"},
	{"http_status", `,"status":503`, func(_ reply, err error) bool {
		return err != nil && strings.Contains(err.Error(), "status 503")
	}, false, false, ""},
	{"drop_before", "", func(_ reply, err error) bool { return errors.Is(err, io.EOF) }, false, false, ""},
	{"drop_after_commit", "", func(_ reply, err error) bool { return errors.Is(err, io.EOF) }, true, false, "10000"},
	{"half_answer", "", func(_ reply, err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }, true, false, "10000"},
	{"unsigned", "", func(r reply, err error) bool { return err == nil && r["unsigned"] == true }, true, true, "10000"},
	{"bad_signature", "", func(_ reply, err error) bool { return errors.Is(err, errBadSign) }, true, true, "10000"},
	{"other_answer", `,"set":{"order_no":null,"mood":"odd"},"charset":"GBK"`, func(r reply, err error) bool {
		return err == nil && r.code() == "10000" && r["mood"] == "odd" && r["order_no"] == nil
	}, true, true, "10000"},
	{"slow", `,"for":"10ms"`, func(r reply, err error) bool { return err == nil && r.code() == "10000" }, true, true, "10000"},
	{"stall_after_commit", `,"for":"10ms"`, func(r reply, err error) bool { return err == nil && r.code() == "10000" }, true, true, "10000"},
}

func TestFaultsStrikeOneCallAndLeaveTheNext(t *testing.T) {
	tried := map[string]bool{}
	for _, test := range struck {
		tried[test.kind] = true
		t.Run(test.kind+test.code, func(t *testing.T) {
			w := newWorld(t)
			w.faults(`{"faults":[{"method":"*.isv.create","out_order_no":"bad-*","kind":"` + test.kind + `","times":1` + test.more + `}]}`)
			if r, err := w.tryCreate(t.Context(), "good-1"); err != nil || r.code() != "10000" {
				t.Fatalf("a call the fault is not about: %v, %v", r, err)
			}
			if r, err := w.tryCreate(t.Context(), "bad-1"); !test.want(r, err) {
				t.Errorf("the struck call: %v, %v", r, err)
			}
			poll(t, "the call is on record", func() bool { return w.lastCall()["answered"] == test.answered })
			got := w.lastCall()
			want := map[string]any{"app_id": appID, "method": createMethod, "key": "bad-1", "fault": test.kind, "effect": test.effect,
				"answered": test.answered, "code": test.code, "at": got["at"], "seq": got["seq"], "trace_id": got["trace_id"]}
			if sub, has := got["sub_code"]; has {
				want["sub_code"] = sub
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			again, err := w.tryCreate(t.Context(), "bad-1")
			if err != nil || again.code() != "10000" {
				t.Errorf("the call after it: %v, %v", again, err)
			}
			if w.lastCall()["effect"] == test.effect {
				t.Error("the effect happened twice, or never")
			}
			if struck := w.must("GET", "faults", "")["faults"].([]any)[0].(map[string]any)["struck"]; struck != 1.0 {
				t.Errorf("the fault struck %v times", struck)
			}
		})
	}
	for _, kind := range alipaysim.FaultKinds() {
		if !tried[kind] {
			t.Errorf("fault %s is not tried", kind)
		}
	}
}

// A test that kills a worker between effect and answer stands in this stall.
func TestStallShowsTheEffectBeforeTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.faults(`{"faults":[{"method":"*.isv.create","kind":"stall_after_commit","for":"1h"}]}`)
	ctx, kill := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := w.tryCreate(ctx, "s-1")
		ended <- err
	}()
	poll(t, "the effect is visible", func() bool {
		list := w.must("GET", "calls", "")["calls"].([]any)
		return len(list) == 1 && list[0].(map[string]any)["effect"] == true && list[0].(map[string]any)["answered"] == false
	})
	if orders := w.must("GET", "state", "")["orders"].([]any); len(orders) != 1 {
		t.Errorf("%d orders", len(orders))
	}
	kill()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the stalled call ended with %v", err)
	}
	w.faults(`{"faults":[]}`)
	if r, err := w.tryCreate(t.Context(), "s-1"); err != nil || r.code() != "10000" || w.lastCall()["effect"] == true {
		t.Errorf("repeated: %v, %v, %v", r, err, w.lastCall())
	}
}

func TestFaultByMiniProgramSurvivesARestart(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m1","authorized":true}`)
	token := w.must("GET", "mini-programs/m1/token", "")["app_auth_token"].(string)
	w.faults(`{"faults":[{"mini_app_id":"m1","kind":"error","code":"40006","sub_code":"isv.app-api-punished","times":2}]}`)
	call := func() string {
		return w.call("alipay.open.mini.version.list.query", token, map[string]string{}).code()
	}
	first := call()
	w.restart()
	if w.lastCall()["answered"] != true {
		t.Error("the record forgot that the call was answered")
	}
	if got := []string{first, call(), call()}; !cmp.Equal(got, []string{"isv.app-api-punished", "isv.app-api-punished", "10000"}) {
		t.Errorf("three calls: %v", got)
	}
}

// What is refused before it is verified is refused whatever the faults are.
func TestFaultsStrikeOnlyVerifiedCalls(t *testing.T) {
	w := newWorld(t)
	w.faults(`{"faults":[{"kind":"drop_before"}]}`)
	params := w.public(queryMethod, "", map[string]string{"biz_content": "{}"})
	params["sign"] = strings.Repeat("A", 344)
	if r, err := w.post(t.Context(), params); err != nil || r.code() != "isv.invalid-signature" {
		t.Errorf("%v, %v", r, err)
	}
	form := url.Values{"app_id": {"1"}, "method": {queryMethod}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/gateway.do", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r, err := w.send(request, queryMethod); err != nil || r.code() != "isv.invalid-app-id" {
		t.Errorf("%v, %v", r, err)
	}
}
