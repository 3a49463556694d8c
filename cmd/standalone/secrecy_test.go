package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// canaries are values that say something about a person or open something, each
// so odd that it can't be found by chance. The names are for the report.
var canaries = map[string]string{
	"account":         "canary-account-7f3a@example.com",
	"licence number":  "91310000CANARY77XW",
	"company":         "金丝雀矿业有限公司",
	"contact":         "柯霖雀",
	"phone":           "13912340987",
	"corrected phone": "13812349876",
	"legal person":    "雷谷雀",
	"service phone":   "0571-77198812",
	"service mail":    "canary-service-19c2@example.com",
	"memo":            "canary-memo-for-the-reviewer-5d1e",
	"configuration":   "canary-ext-5521-secret",
	"wrong token":     "canaryWrongToken0011223344556677889900",
	"wrong code":      "canaryWrongCode00112233445566778899",
	"wrong key":       "canary-api-key-0a1b2c3d4e5f",
	"forged content":  "canary-forged-content-8c7d",
	"dead content":    "canary-dead-content-4e2f",
	"foreign token":   "canaryForeignToken99887766554433221100",
}

// leave runs an order, and everything that can go wrong around one, with canaries
// in every place that takes them. It returns all tokens that were given out.
func leaveCanaries(t *testing.T, s *standalone, no string) (tokens map[string]string) {
	t.Helper()
	rule := prompt(0)
	rule.Audits = []alipaysim.AuditRule{{Result: "none"}}
	s.rules(rule)
	// The platform's own words repeat what was sent, as they do in life.
	s.faults(
		alipaysim.Fault{Method: "*.isv.create", Kind: alipaysim.FaultError, Times: 1, SubCode: "INFO_INVALID",
			SubMsg: "联系人" + canaries["contact"] + "手机号" + canaries["phone"] + "与" + canaries["licence number"] + "不符"},
		alipaysim.Fault{Method: "*.audit.apply", Kind: alipaysim.FaultError, Times: 1, SubCode: "INVALID_MINI_APP_SERVICE_TEL",
			SubMsg: "客服电话" + canaries["service phone"] + "有误"},
	)
	body := canaryOrder(s, no)
	refusedWithCanaries(t, s, body)
	s.place(body)
	s.await(no, "waits for input", func(v order.View) bool { return v.Hold != nil && v.Hold.Kind == order.HoldNeedsInput })
	wrongly(t, s, http.MethodPost, "/v1/orders", http.StatusConflict, s.formal(no))
	s.correct(no, order.CommandProvideInput, "create", map[string]any{"contact_phone": canaries["corrected phone"]})
	s.await(no, "waits for input again", func(v order.View) bool {
		return v.Stage == order.StageSubmitting && v.Hold != nil && v.Hold.Kind == order.HoldNeedsInput
	})
	s.correct(no, order.CommandProvideInput, "submission", map[string]any{"service_phone": canaries["service phone"]})
	mini := s.awaitStage(no, order.StageAuditing).MiniAppID

	tokens = map[string]string{}
	keep := func(which string) {
		token := s.token(mini)
		tokens[which+" token"], tokens[which+" refresh token"] = token.Token, token.Refresh
	}
	keep("first")
	s.sim(http.MethodPost, "mini-programs/"+mini+"/revoke", nil, nil)
	s.await(no, "misses its authorisation", func(v order.View) bool { return v.Hold != nil && v.Hold.Kind == order.HoldAuthorizationRevoked })
	s.sim(http.MethodPost, "mini-programs/"+mini+"/authorize", nil, nil)
	keep("second")
	s.await(no, "is authorised again", func(v order.View) bool { return v.Hold == nil })
	s.judges(mini, "reject")
	s.awaitStage(no, order.StageAuditRejected)
	s.correct(no, order.CommandResubmit, "submission", map[string]any{"memo": canaries["memo"]})
	s.awaitStage(no, order.StageAuditing)
	s.judges(mini, "pass")
	s.awaitStage(no, order.StageOnline)
	pushCanaries(t, s, no)
	return tokens
}

// canaryOrder is an order full of canaries.
func canaryOrder(s *standalone, no string) map[string]any {
	body := s.formal(no)
	body["merchant_ref"] = "merchant-of-" + no
	body["create"] = map[string]any{
		"alipay_account": canaries["account"], "app_name": "矿业小店", "cert_name": canaries["company"],
		"cert_no": canaries["licence number"], "contact_name": canaries["contact"], "contact_phone": canaries["phone"],
		"legal_personal_name": canaries["legal person"],
	}
	body["version"].(map[string]any)["ext"] = map[string]any{"extEnable": true, "ext": map[string]any{"secret": canaries["configuration"]}}
	submission := body["submission"].(map[string]any)
	submission["service_phone"], submission["service_email"] = canaries["service phone"], canaries["service mail"]
	submission["memo"] = canaries["memo"]
	return body
}

// correct gives an order a correction of one block.
func (s *standalone) correct(no string, command order.Command, block string, fields map[string]any) {
	s.t.Helper()
	if answer := s.command(no, command, map[string]any{block: fields}); answer.status != http.StatusOK {
		s.t.Fatalf("%s: %s", command, answer)
	}
}

// wrongly makes a call that has to be refused; what it answers is searched later.
func wrongly(t *testing.T, s *standalone, method, path string, status int, body any, headers ...string) {
	t.Helper()
	if answer := s.api(method, path, body, headers...); answer.status != status {
		t.Errorf("%s %s: %s, want %d", method, path, answer, status)
	}
}

// refusedWithCanaries makes calls that are refused, with canaries where they are wrong.
func refusedWithCanaries(t *testing.T, s *standalone, good map[string]any) {
	t.Helper()
	bad := func(change func(body map[string]any)) any {
		text, err := json.Marshal(good)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatal(err)
		}
		change(body)
		return body
	}
	for _, body := range []any{
		bad(func(b map[string]any) { b["kind"] = canaries["contact"] }),
		bad(func(b map[string]any) { b["merchant_ref"] = `'` + canaries["contact"] }),
		bad(func(b map[string]any) { b["out_order_no"] = canaries["account"] }),
		bad(func(b map[string]any) { b["create"] = canaries["phone"] }),
		bad(func(b map[string]any) { b["create"].(map[string]any)["contact_phone"] = []string{canaries["phone"]} }),
		bad(func(b map[string]any) { b["submission"].(map[string]any)["service_email"] = canaries["service phone"] }),
		bad(func(b map[string]any) { b["submission"].(map[string]any)["region_type"] = canaries["memo"] }),
		bad(func(b map[string]any) { b["version"].(map[string]any)["ext"] = canaries["configuration"] }),
	} {
		wrongly(t, s, http.MethodPost, "/v1/orders", http.StatusUnprocessableEntity, body)
	}
	wrongly(t, s, http.MethodGet, "/v1/orders?mini_app_id="+url.QueryEscape(canaries["account"]), http.StatusUnprocessableEntity, nil)
	wrongly(t, s, http.MethodGet, "/v1/orders", http.StatusUnauthorized, nil, "Authorization", "Bearer "+canaries["wrong key"])
	wrongly(t, s, http.MethodPut, "/v1/mini-programs/"+appID+"/2021000000000042/authorization", http.StatusUnprocessableEntity,
		map[string]any{"app_auth_token": canaries["wrong token"]})
	wrongly(t, s, http.MethodPost, "/v1/authorizations", http.StatusUnprocessableEntity,
		map[string]any{"app_id": appID, "app_auth_code": canaries["wrong code"]})
	truncated := `{"app_id":"` + appID + `","create":{"contact_phone":"` + canaries["phone"] + `"`
	answer, err := s.send(http.MethodPost, s.at.API+"/v1/orders", http.Header{"Content-Type": {"application/json"}}, strings.NewReader(truncated))
	s.heard.add(answer)
	if err != nil || answer.status < http.StatusBadRequest {
		t.Errorf("half a body: %s, %v", answer, err)
	}
}

// pushCanaries brings canaries through the door: forged, unreadable, unknown, and
// as the token of a mini program that nobody manages.
func pushCanaries(t *testing.T, s *standalone, no string) {
	t.Helper()
	known, _ := s.atAlipay(no)
	forged := s.sign(confirmed(t, "canary-forged", known, "AGREED")) + "&memo=" + canaries["forged content"]
	if answer, err := s.post(forged); err != nil || string(answer.body) != "fail" {
		t.Errorf("a forgery: %s, %v", answer, err)
	}
	unreadable := confirmed(t, "canary-unreadable", known, "AGREED")
	unreadable["biz_content"] = `{"order_no":"` + canaries["dead content"]
	s.pushed(unreadable)
	s.awaitDelivery("canary-unreadable", order.DispositionDead)
	unknown := newPush(t, "alipay.open.mini.something.new", "canary-unknown", map[string]any{"phone": canaries["dead content"]})
	s.pushed(unknown)
	s.awaitDelivery("canary-unknown", order.DispositionForwarded)
	foreign := simOrder{OutOrderNo: "nobodys", MiniAppID: "2021000000000043"}
	s.pushed(authorized(t, "canary-foreign", foreign,
		simToken{Token: canaries["foreign token"], UserID: "2088000000000003", AuthTime: time.Now().UnixMilli()}))
	eventually(t, patience, "the foreign mini program is authorised", func() error {
		answer, err := s.ask(http.MethodGet, "/v1/mini-programs/"+appID+"/"+foreign.MiniAppID, nil)
		if err == nil && !strings.Contains(answer.String(), string(order.AuthorizationAuthorized)) {
			err = fmt.Errorf("it is %s", answer)
		}
		return err
	})
}

// Nothing that says something about a person, and nothing that opens something,
// can be read where people and other programs read: not in a history, a list, a
// page, a log, a metric or an answer, and not in the files behind them.
func TestCanariesAreFoundNowhere(t *testing.T) {
	t.Parallel()
	const no = "canary-order"
	s := startStandalone(t, speed(1000), "--demo=false", "--log-level=debug")
	tokens := leaveCanaries(t, s, no)
	eventually(t, patience, "the backend is told of the end", func() error {
		if !bytes.Contains(s.eventsOfOrders(), []byte(order.HappenedFinished)) {
			return errors.New("it was not")
		}
		return nil
	})
	for _, path := range []string{"/v1/orders/" + appID + "/" + no + "/events", "/v1/webhooks", "/v1/orders?changed_since=2026-01-01T00:00:00Z"} {
		wrongly(t, s, http.MethodGet, path, http.StatusOK, nil)
	}
	if len(tokens) != 4 || tokens["first token"] == tokens["second token"] {
		t.Fatalf("the simulator gave out %d tokens, want two with two to refresh them", len(tokens))
	}
	everything := haystack{name: "everything"}
	for _, place := range s.haystacks() {
		for name, canary := range canaries {
			if how := place.find(canary); how != "" {
				t.Errorf("the %s is in %s, %s", name, place.name, how)
			}
		}
		for name, token := range tokens {
			if how := place.find(token); len(token) < 30 || how != "" {
				t.Errorf("the %s (%d characters) is in %s, %s", name, len(token), place.name, how)
			}
		}
		everything.text = append(everything.text, place.text...)
		s.wantFound(t, place, no)
	}
	if len(everything.text) < 100_000 {
		t.Errorf("only %d bytes were searched", len(everything.text))
	}
}

// wantFound is the other half of a search that finds nothing: what has to be in a
// place is found there, inside payloads too.
func (s *standalone) wantFound(t *testing.T, place haystack, no string) {
	t.Helper()
	known := map[string][]string{
		"histories":                   {no, `"merchant_ref":"merchant-of-` + no, "canary-unreadable", "sealed:v1:"},
		"memos and search attributes": {no, `"merchant_ref":"merchant-of-` + no, "canary-unreadable"},
		"pending work":                {no, `"merchant_ref":"merchant-of-` + no},
		"pages":                       {"Audit 2&#58; passed"},
		"metrics":                     {"temporal_request_total"},
		"answers of the REST API":     {no, "merchant-of-" + no, "application/problem+json", "INFO_INVALID"},
		"events":                      {no, `"merchant_ref":"merchant-of-` + no, "order.finished", "INFO_INVALID", `"reasons":[{`},
		"exports":                     {no, "merchant-of-" + no, "INFO_INVALID", `"audits":[`, `"timeline":[`, "1 orders"},
		"the log":                     {"canary-unreadable", `"level":"DEBUG"`},
		"the terminal":                {"Miniflow runs."},
		"Temporal's files":            {no, "sealed:v1:"},
	}[place.name]
	if len(known) == 0 {
		t.Errorf("nothing is known to be in %s", place.name)
	}
	for _, word := range known {
		if place.find(word) == "" {
			t.Errorf("%q is not found in %s, where it has to be: the search is blind", word, place.name)
		}
	}
}
