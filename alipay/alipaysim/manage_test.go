package alipaysim_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// snapshot is everything a wrong call must not change.
func (w *world) snapshot() map[string]any {
	w.t.Helper()
	all := map[string]any{}
	for _, view := range []string{"state", "deliveries", "calls", "rules", "faults"} {
		body := w.must("GET", view, "")
		delete(body, "now")
		all[view] = body
	}
	return all
}

// wrongCalls are management calls that are refused, in a world with the formal
// order ORDER, rejected, and the mini programs m1, never authorised, and m2.
var wrongCalls = []struct {
	method, path, body string
	status             int
	says               string
}{
	{"PUT", "rules", `{"rules":[{"merchant":{"answer":"MAYBE","after":"1m"}}]}`, 422, `rules[0]: merchant.answer is "MAYBE"; use one of`},
	{"PUT", "rules", `{"rules":[{},{"merchant":{"answer":"AGREED","after":"soon"}}]}`, 400, `write one such as "90s"`},
	{"PUT", "rules", `{"rules":[{"merchant":{"answer":"AGREED","after":60}}]}`, 400, "write a duration as text"},
	{"PUT", "rules", `{"rules":[{"merchant":{"answer":"AGREED","after":"-1s"}}]}`, 400, "not a duration"},
	{"PUT", "rules", `{"rules":[{"merchnt":{}}]}`, 400, `unknown field \"merchnt\"`},
	{"PUT", "rules", `{"rules":[{"out_order_no":"[a"}]}`, 422, "is not a glob"},
	{"PUT", "rules", `{"rules":[{"audits":[{"result":"maybe"}]}]}`, 422, "audits.result"},
	{"PUT", "rules", `{"rules":[{"certify":[{"status":"AGREED"}]}]}`, 422, "certify.status"},
	{"PUT", "rules", `{"rules":[{"pushes":{"drop":1.5}}]}`, 422, "from 0 to 1"},
	{"PUT", "rules", `{"rules":[{"pushes":{"duplicate":-1}}]}`, 422, "more copies"},
	{"PUT", "rules", `{"rules":[{"revoke":{"on":"sunday"}}]}`, 422, "revoke.on"},
	{"PUT", "rules", `{"rules":[]} {}`, 400, "exactly one"},
	{"PUT", "rules", ``, 400, "can't be read"},
	{"PUT", "faults", `{"faults":[{"kind":"earthquake"}]}`, 422, "faults[0]: kind is"},
	{"PUT", "faults", `{"faults":[{"kind":"error"}]}`, 422, "needs a code"},
	{"PUT", "faults", `{"faults":[{"kind":"slow"}]}`, 422, `needs "for"`},
	{"PUT", "faults", `{"faults":[{"kind":"http_status","status":99}]}`, 422, "200 to 599"},
	{"PUT", "faults", `{"faults":[{"kind":"slow","for":"1s","times":-1}]}`, 422, "times is -1"},
	{"POST", "orders/1/answer", `{"status":"AGREED"}`, 404, "GET /sim/v1/state lists them"},
	{"POST", "orders/ORDER/answer", `{"status":"AGREED"}`, 409, "REJECTED, which is an end"},
	{"POST", "orders/ORDER/answer", `{"state":"AGREED"}`, 400, "unknown field"},
	{"POST", "mini-programs", `{"app_id":"1"}`, 422, "is not configured"},
	{"POST", "mini-programs", `{"app_id":"` + appID + `","mini_app_id":"m1"}`, 409, "exists already"},
	{"POST", "mini-programs/x/audit", `{"result":"pass"}`, 404, "GET /sim/v1/state lists them"},
	{"POST", "mini-programs/m1/audit", `{"result":"pass"}`, 409, "is in audit"},
	{"POST", "mini-programs/m1/audit", `{"result":"none"}`, 422, "result is"},
	{"POST", "mini-programs/m1/audit", `{"result":"pass","after":"1h"}`, 422, "put it into a rule"},
	{"POST", "mini-programs/m1/certify", `{"status":"CERTIFY_SUCCESS"}`, 409, "not from a trial order"},
	{"POST", "mini-programs/m1/revoke", ``, 409, "no valid authorisation"},
	{"POST", "mini-programs/m1/take-down", ``, 409, "is online"},
	{"POST", "mini-programs/m2/authorize", `{"app_id":"` + otherID + `"}`, 409, "revoke that first"},
	{"POST", "mini-programs/m1/authorize", `{"via":"pigeon"}`, 422, "via is"},
	{"POST", "mini-programs/m1/authorize", `{"app_id":"1"}`, 422, "is not configured"},
	{"GET", "mini-programs/m1/token", ``, 409, "authorize it first"},
	{"GET", "state?only=everything", ``, 422, "apps, orders, mini_programs, due"},
	{"GET", "mini-programs/x/token", ``, 404, "GET /sim/v1/state lists them"},
	{"POST", "messages", `{"app_id":"1","msg_method":"x"}`, 422, "is not configured"},
	{"POST", "messages", `{"app_id":"` + appID + `"}`, 422, "exactly one of msg_method"},
	{"POST", "messages", `{"app_id":"` + appID + `","msg_method":"x","notify_type":"y"}`, 422, "exactly one of msg_method"},
	{"POST", "messages", `{"app_id":"` + appID + `","msg_method":"x","rule":"none"}`, 422, "rule is"},
	{"POST", "messages", `{"app_id":"` + appID + `","msg_method":"x","params":{"sign":"x"}}`, 422, "can't hold sign"},
	{"POST", "messages", `{"app_id":"` + appID + `","msg_method":"x","params":{"charset":"EBCDIC"}}`, 422, "can't be sent"},
	{"GET", "deliveries?after=x", ``, 400, "use the seq"},
	{"GET", "calls?after=-1", ``, 400, "use the seq"},
	{"GET", "files/x.png", ``, 404, "use logo.png"},
	{"GET", "nothing", ``, 404, "the management API is under /sim/v1"},
	{"DELETE", "rules", ``, 405, "settings take PUT"},
}

func TestWrongManagementCallsChangeNothingAndSayWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"out_order_no":"a-*","merchant":{"answer":"none","after":"0s"}}]}`)
	formal := w.call(createMethod, "", createFields("a-1")).text("order_no")
	w.must("POST", "orders/"+formal+"/answer", `{"status":"REJECTED"}`)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m1"}`)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m2","authorized":true}`)
	w.run()
	before := w.snapshot()
	for _, test := range wrongCalls {
		status, body := w.manage(test.method, strings.Replace(test.path, "ORDER", formal, 1), test.body)
		says := mustJSON(body["detail"])
		if status != test.status || body["status"] != float64(status) || !strings.Contains(says, test.says) &&
			!strings.Contains(body["detail"].(string), test.says) {
			t.Errorf("%s %s %s\n got %d %s\nwant %d …%s…", test.method, test.path, test.body, status, says, test.status, test.says)
		}
	}
	if diff := cmp.Diff(before, w.snapshot()); diff != "" {
		t.Errorf("wrong calls changed something:\n%s", diff)
	}
}

// A part of the state is what the whole has of it: who asks for the apps of a busy platform does
// not get a hundred thousand orders.
func TestAPartOfTheState(t *testing.T) {
	w := newWorld(t)
	w.call(createMethod, "", createFields("part-1"))
	whole := w.must("GET", "state", "")
	for _, part := range []string{"apps", "orders", "mini_programs", "due"} {
		want := map[string]any{"now": whole["now"], "speed": whole["speed"], part: whole[part]}
		if diff := cmp.Diff(want, w.must("GET", "state?only="+part, "")); diff != "" {
			t.Errorf("%s:\n%s", part, diff)
		}
	}
	if len(whole["orders"].([]any)) != 1 || len(whole["apps"].([]any)) == 0 {
		t.Errorf("the whole: %v", whole)
	}
}

func TestRulesAreKeptAndMatchedInOrder(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[
		{"out_order_no":"slow-*","merchant":{"answer":"AGREED","after":"10h"}},
		{"out_order_no":"*","merchant":{"answer":"REJECTED","after":"1m"},"certify":[]},
		{"out_order_no":"*","merchant":{"answer":"TIMEOUT","after":"1m"}}]}`)
	before := w.must("GET", "rules", "")
	w.restart()
	if diff := cmp.Diff(before, w.must("GET", "rules", "")); diff != "" {
		t.Errorf("rules after a restart:\n%s", diff)
	}
	w.call(createMethod, "", createFields("slow-1"))
	w.call(createMethod, "", createFields("x-1"))
	w.pass(5 * time.Minute)
	if got := w.lastPush("alipay.open.mini.merchant.confirmed").biz; got["status"] != "REJECTED" || got["out_order_no"] != "x-1" {
		t.Errorf("the first match decides: %v", got)
	}
	w.rules(`{"rules":[]}`) // what was decided stays decided
	w.pass(11 * time.Hour)
	if got := w.lastPush("alipay.open.mini.merchant.confirmed").biz; got["status"] != "AGREED" || got["out_order_no"] != "slow-1" {
		t.Errorf("a decision outlives its rule: %v", got)
	}
}

func TestPartsOfARuleThatAreLeftOutAreDefaults(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"after":"1h"},"build":{"after":"1m"},"scan":{"after":"1m"},"audits":[{"after":"1m"}]}]}`)
	if r := w.call(createMethod, "", createFields("p-1")); r.code() != "10000" {
		t.Fatal(r)
	}
	w.pass(61 * time.Minute)
	token := w.lastPush("open_app_auth_notify").biz["detail"].(map[string]any)["app_auth_token"].(string)
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(time.Minute)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("with outcomes left out the version is %s", got)
	}
}

func TestViewsShowNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `}]}`)
	mini, token := w.created("v-1")
	view := w.must("GET", "mini-programs/"+mini+"/token", "")
	if view["app_auth_token"] != token || view["state"] != "valid" {
		t.Errorf("token view: %v", view)
	}
	refresh := view["app_refresh_token"].(string)
	all := mustJSON(w.snapshot())
	for _, secret := range []string{token, refresh, "13800000000", "91330100MA0000000X", "张三", "v-1@example.com"} {
		if strings.Contains(all, secret) {
			t.Errorf("a view shows %q", secret)
		}
	}
	if !strings.Contains(all, "token_digest") || !strings.Contains(all, `"what":"`) && !strings.Contains(all, `"due":[]`) {
		t.Error("the views lack what they are for")
	}
}

func TestListsGoOnAfterASeq(t *testing.T) {
	w := newWorld(t)
	for _, number := range []string{"l-1", "l-2"} {
		w.call(createMethod, "", createFields(number))
	}
	w.run()
	for _, list := range []string{"calls", "deliveries"} {
		whole := w.must("GET", list, "")[list].([]any)
		rest := w.must("GET", list+"?after=1", "")[list].([]any)
		if len(whole) != 2 || len(rest) != 1 || rest[0].(map[string]any)["seq"] != 2.0 {
			t.Errorf("%s: %d in all, after 1: %v", list, len(whole), rest)
		}
	}
}

func TestSampleFilesAreWhatASubmissionNeeds(t *testing.T) {
	w := newWorld(t)
	config, err := png.DecodeConfig(bytes.NewReader(w.logo()))
	if err != nil || config.Width != 180 || config.Height != 180 {
		t.Errorf("logo: %v, %v", config, err)
	}
	if !bytes.Equal(w.logo(), w.logo()) {
		t.Error("the logo is not the same bytes twice; a digest of it would not hold")
	}
	for _, name := range []string{"licence.png", "outdoor.png", "screenshot.png", "reject.png"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/sim/v1/files/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.DecodeConfig(response.Body); err != nil || response.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %v", name, err)
		}
		_ = response.Body.Close()
	}
}

func TestProblemIsProblemJSON(t *testing.T) {
	w := newWorld(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/elsewhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if response.Header.Get("Content-Type") != "application/problem+json" || body["title"] != "Not Found" || body["type"] != "about:blank" {
		t.Errorf("%s: %v", response.Header.Get("Content-Type"), body)
	}
}
