package alipaysim_test

import (
	"strings"
	"testing"
	"time"
)

func TestTokensOpenExactlyTheirMiniProgram(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `}]}`)
	mini, token := w.created("k-1")
	detail := func(token string) reply {
		return w.call("alipay.open.mini.version.list.query", token, map[string]string{})
	}
	if got := detail(token).code(); got != "10000" {
		t.Fatalf("with its token: %s", got)
	}
	if got := detail("").code(); got != "isv.self-invoke-forbidden" {
		t.Errorf("without a token: %s", got)
	}
	if got := detail(strings.Repeat("0", 40)).code(); got != "aop.invalid-app-auth-token" {
		t.Errorf("with a token of nobody: %s", got)
	}
	if got := w.call("alipay.open.mini.baseinfo.name.check", token, map[string]string{"app_name": "面馆二"}).code(); got != "10000" {
		t.Errorf("name.check takes a token too: %s", got)
	}
	w.must("POST", "mini-programs/"+mini+"/authorize", "")
	if got := detail(token).code(); got != "aop.app-auth-token-time-out" {
		t.Errorf("with the token before the newest: %s", got)
	}
	w.must("POST", "mini-programs", `{"app_id":"`+otherID+`","mini_app_id":"other","authorized":true}`)
	foreign := w.must("GET", "mini-programs/other/token", "")["app_auth_token"].(string)
	if got := detail(foreign).code(); got != "isv.invalid-auth-relations" {
		t.Errorf("with another provider's token: %s", got)
	}
	if got := w.call("alipay.open.auth.token.app.query", "", map[string]string{"app_auth_token": foreign}).code(); got != "AUTH_TOKEN_NOT_CONSISTENT" {
		t.Errorf("asking about another provider's token: %s", got)
	}
	if got := w.call("alipay.open.auth.token.app.query", "", map[string]string{"app_auth_token": "nobody"}).code(); got != "AUTH_TOKEN_NOT_EXISTED" {
		t.Errorf("asking about nobody's token: %s", got)
	}
}

func TestCodeIsExchangedOnce(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m1"}`)
	code := w.must("POST", "mini-programs/m1/authorize", `{"via":"link"}`)["app_auth_code"].(string)
	exchange := func(fields map[string]string) reply { return w.call("alipay.open.auth.token.app", "", fields) }
	byCode := map[string]string{"grant_type": "authorization_code", "code": code}
	first := exchange(byCode)
	tokens := first["tokens"].([]any)[0].(map[string]any)
	if first.code() != "10000" || tokens["app_auth_token"] != first["app_auth_token"] || first.text("auth_app_id") != "m1" {
		t.Fatalf("exchange: %v", first)
	}
	if got := exchange(byCode).code(); got != "AUTH_CODE_NOT_VALID" {
		t.Errorf("the same code again: %s", got)
	}
	byRefresh := map[string]string{"grant_type": "refresh_token", "refresh_token": first.text("app_refresh_token")}
	second := exchange(byRefresh)
	if second.code() != "10000" || second.text("app_auth_token") == first.text("app_auth_token") {
		t.Errorf("refresh: %v", second)
	}
	for name, step := range map[string]struct {
		fields map[string]string
		want   string
	}{
		"spent refresh token":  {byRefresh, "REFRESH_TOKEN_NOT_VALID"},
		"code of nobody":       {map[string]string{"grant_type": "authorization_code", "code": "x"}, "AUTH_CODE_NOT_EXIST"},
		"refresh as a code":    {map[string]string{"grant_type": "authorization_code", "code": second.text("app_refresh_token")}, "AUTH_CODE_NOT_EXIST"},
		"another way of grant": {map[string]string{"grant_type": "password"}, "GRANT_TYPE_INVALID"},
	} {
		if got := exchange(step.fields).code(); got != step.want {
			t.Errorf("%s: %s, want %s", name, got, step.want)
		}
	}
	w.must("POST", "mini-programs/m1/authorize", "{}") // replaces the pair; its refresh token dies with it
	byRefresh["refresh_token"] = second.text("app_refresh_token")
	if got := exchange(byRefresh).code(); got != "REFRESH_TOKEN_NOT_VALID" {
		t.Errorf("the refresh token of a replaced pair: %s", got)
	}
	w.pass(time.Minute)
	if got := w.names(); len(got) != 1 {
		t.Errorf("only the authorisation without a link is pushed, not %v", got)
	}
}

// tokenFor gives a code for a token.
func (w *world) tokenFor(code string) reply {
	w.t.Helper()
	return w.call("alipay.open.auth.token.app", "", map[string]string{"grant_type": "authorization_code", "code": code})
}

func TestCodesOfOthersAndOfYesterdayAreRefused(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m1"}`)
	w.must("POST", "mini-programs", `{"app_id":"`+otherID+`","mini_app_id":"m2"}`)
	foreign := w.must("POST", "mini-programs/m2/authorize", `{"via":"link"}`)["app_auth_code"].(string)
	if got := w.tokenFor(foreign).code(); got != "APP_ID_NOT_CONSISTENT" {
		t.Errorf("another provider's code: %s", got)
	}
	late := w.must("POST", "mini-programs/m1/authorize", `{"via":"link"}`)["app_auth_code"].(string)
	w.pass(25 * time.Hour)
	if got := w.tokenFor(late).code(); got != "AUTH_CODE_NOT_VALID" {
		t.Errorf("a code of yesterday: %s", got)
	}
	if got := w.names(); len(got) != 0 {
		t.Errorf("an authorisation by link was pushed: %v", got)
	}
}

func TestPlansOfAuthorisationsRespectDecisionsByHand(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"after":"1m"},"authorize":{"after":"1h"},"revoke":{"after":"2h"}}]}`)
	w.call(createMethod, "", createFields("h-3"))
	w.pass(2 * time.Minute)
	mini := w.lastPush("alipay.open.mini.merchant.confirmed").biz["min_app_id"].(string)
	w.must("POST", "mini-programs/"+mini+"/authorize", "{}")
	w.pass(90 * time.Minute) // the planned authorisation finds one and leaves it
	if got := len(w.pushes("open_app_auth_notify")); got != 1 {
		t.Errorf("%d authorisations", got)
	}
	w.must("POST", "mini-programs/"+mini+"/authorize", "{}")
	w.pass(time.Hour) // the planned revocation is about the token before
	if got := len(w.pushes("alipay.open.auth.appauth.cancelled")); got != 0 {
		t.Errorf("%d revocations of a token that was replaced", got)
	}
}
