package consoletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// canary is markup that sings where it is taken for markup. Its name says which field it went into.
func canary(field string) string { return `"><img src=x onerror=window.__xss=1>` + field }

// unquoted is the canary for the shop's name, which takes no quotes.
func unquoted() string { return strings.TrimPrefix(canary("shop_name"), `"`) }

// TestNobodysWordsAreMarkup writes a canary into every field that Alipay, the ISV, a merchant or a
// person can fill, and visits every page that shows them: it is read as text, and is no element.
func TestNobodysWordsAreMarkup(t *testing.T) {
	miniAppID := writeCanaries(t)
	b := open(t, visitors[2])
	b.visit("/console")
	b.fill(`input[name=name]`, canary("person"))
	b.fill(`input[name=password]`, canary("password"))
	b.click(`main form button`)
	b.deaf()
	b.logIn("/console?app_id=" + url.QueryEscape(canary("app")))
	b.deaf()
	for page, fields := range canariesOnPages(miniAppID) {
		b.visit(page)
		b.deaf()
		text := evaluate[string](b, `document.querySelectorAll("details").forEach((d) => d.open = true) || document.body.innerText`)
		for _, field := range fields {
			if !strings.Contains(text, field) {
				t.Errorf("%s does not show %s:\n%s", page, field, text)
			}
		}
	}
	// The overview counts once a minute. What it is awaited by is there as text and as markup.
	b.visit("/console")
	b.reads(">memo")
	b.deaf()
}

// The orders that canaries are written into.
const hold, rejected, cancelled = "canary-hold", "canary-rejected", "canary-cancelled"

// writeCanaries has Alipay, the ISV and people write them, and returns the mini program of the shop whose
// name is one.
func writeCanaries(t *testing.T) (miniAppID string) {
	t.Helper()
	running.refuseLogo(t, hold, canary("sub_msg"))
	running.start(t, hold, unquoted(), alipaysim.Rule{})
	running.start(t, rejected, "桥头烧饼", rejecting(canary("memo"), canary("image")))
	running.start(t, cancelled, "转角咖啡", rejecting(canary("memo")))
	for id, content := range map[string]any{
		"canary-waits":   map[string]any{"out_order_no": "canary-unborn", "order_no": canary("order_no"), "status": canary("status")},
		"canary-dead":    `{"` + canary("content"),
		"canary-unknown": map[string]any{canary("member"): canary("value")},
	} {
		name := "alipay.open.mini.merchant.confirmed"
		if id == "canary-unknown" {
			name = "alipay.open.mini." + canary("name")
		}
		running.push(t, id, name, content)
	}
	miniAppID = running.await(t, hold, needsInput).MiniAppID
	running.await(t, rejected, at(order.StageAuditRejected))
	running.await(t, cancelled, at(order.StageAuditRejected))
	// People's words.
	as(t, canary("actor"), "/v1/orders/"+appID+"/"+cancelled+"/cancel", map[string]any{"reason": canary("reason")})
	running.await(t, cancelled, at(order.StageCancelled))
	as(t, canary("actor"), "/v1/attention/"+appID+"/order:"+hold+"/comment", map[string]any{"text": canary("comment")})
	as(t, canary("actor"), "/v1/attention/"+appID+"/order:"+hold+"/assign", map[string]any{"to": canary("assigned")})
	as(t, canary("actor"), "/v1/deliveries/"+appID+"/canary-waits/discard", map[string]any{"reason": canary("discard")})
	return miniAppID
}

// canariesOnPages are the pages, and the fields that each of them has to show as text.
func canariesOnPages(miniAppID string) map[string][]string {
	page := func(parts ...string) string { return "/console/" + strings.Join(parts, "/") }
	return map[string][]string{
		page("orders", appID, hold):                      {canary("sub_msg"), unquoted(), canary("comment"), canary("assigned"), canary("actor")},
		page("orders", appID, hold, "do/provide-input"):  {canary("sub_msg"), unquoted()},
		page("orders", appID, hold) + "?view=calls":      {canary("sub_msg")},
		page("orders", appID, rejected):                  {canary("memo"), canary("image")},
		page("orders", appID, cancelled):                 {canary("reason"), canary("actor")},
		page("orders", appID, cancelled) + "?view=calls": nil,
		page("orders"): {unquoted()},
		page("orders") + "?q=" + url.QueryEscape(`><img s`): {unquoted()},
		page("attention"):                           {canary("sub_msg"), unquoted(), canary("comment"), canary("assigned")},
		page("deliveries"):                          nil,
		page("deliveries", appID, "canary-waits"):   {canary("discard")},
		page("deliveries", appID, "canary-dead"):    nil,
		page("deliveries", appID, "canary-unknown"): nil,
		page("deliveries", "bulk") + "?name=" + url.QueryEscape(canary("query")) + "&reason=" + url.QueryEscape(canary("why")): nil,
		page("deliveries") + "?state=" + url.QueryEscape(canary("state")):                                                      nil,
		page("attention") + "?kind=" + url.QueryEscape(canary("kind")):                                                         nil,
		page("audit") + "?who=" + url.QueryEscape(canary("who")) + "&object=" + url.QueryEscape(canary("object")):              nil,
		page("audit"): nil,
		page("orders", appID, url.PathEscape(canary("path"))):                    nil,
		page("orders", appID, hold) + "?done=" + url.QueryEscape(canary("done")): nil,
		"/console/log-in?next=" + url.QueryEscape(canary("next")):                nil,
		page("mini-programs"):                   nil,
		page("mini-programs", appID, miniAppID): {unquoted()},
	}
}

// deaf fails where a canary was taken for markup.
func (b *tab) deaf() {
	b.t.Helper()
	if evaluate[bool](b, `window.__xss !== undefined || !!document.querySelector("img[src=x], [onerror]")`) {
		b.t.Errorf("%s: a canary was taken for markup", b.path())
	}
}

// as calls the API as a backend does for one of its people.
func as(t *testing.T, actor, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, running.addresses.API+path, bytes.NewReader(text))
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Actor", actor)
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s: %d %s", path, answer.StatusCode, said)
	}
}

// backend is the ISV's backend of the tests: it has something against events about canaries.
func backend() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, _ := io.ReadAll(r.Body) // what can't be read is about nobody
		if bytes.Contains(event, []byte("canary")) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = fmt.Fprint(w, canary("webhook"))
		}
	}))
}
