package alipaysim_test

import "testing"

// TestAFilingDecidesAboutARelease, by the rules until a person says otherwise, and is what the query
// answers: its status alone decides nothing.
func TestAFilingDecidesAboutARelease(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}],"registration":"missing"}]}`)
	mini, token := w.created("i-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.run()
	filing := func() string {
		answer := w.call("alipay.open.mini.icp.status.query", token, map[string]any{})
		return answer.text("icp_status") + " " + answer.text("icp_result_desc")
	}
	online := func() string {
		return w.call("alipay.open.mini.version.online", token, map[string]any{"app_version": "1.0.0"}).code()
	}
	if got := filing(); got != " 小程序未备案" {
		t.Errorf("before it is filed: %q", got)
	}
	w.must("PUT", "mini-programs/"+mini+"/filing", `{"status":"SUPERVISION_AUDIT_REJECT","description":"主体不符"}`)
	if got := filing(); got != "SUPERVISION_AUDIT_REJECT 主体不符" || online() != "CAN_NOT_ONLINE_WITHOUT_REGISTRATION" {
		t.Errorf("refused: %q", got)
	}
	w.must("PUT", "mini-programs/"+mini+"/filing", `{"status":"WHATEVER","done":true}`)
	if got := online(); got != "10000" || filing() != "WHATEVER " {
		t.Errorf("online once it is filed: %s, %q", got, filing())
	}
	if got := w.call("alipay.open.mini.baseinfo.query", token, map[string]any{}).text("registration_limit_release"); got != "false" {
		t.Errorf("a full release is limited: %s", got)
	}
	if got := w.call("alipay.open.mini.icp.status.query", "", map[string]any{}).code(); got == "10000" {
		t.Error("the query names no mini program and is answered")
	}
}

// TestAFilingLiftsTheLimit of a release that was online before.
func TestAFilingLiftsTheLimit(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}],"registration":"missing"}]}`)
	mini, token := w.created("i-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.run()
	w.call("alipay.open.mini.version.online", token, map[string]any{"app_version": "1.0.0", "permit_registration_limit_release": true})
	limited := func() string {
		return w.call("alipay.open.mini.baseinfo.query", token, map[string]any{}).text("registration_limit_release")
	}
	if got := limited(); got != "true" {
		t.Errorf("a release without a filing is limited: %s", got)
	}
	w.must("PUT", "mini-programs/"+mini+"/filing", `{"status":"WHATEVER","done":true}`)
	if got := limited(); got != "false" {
		t.Errorf("after the filing: %s", got)
	}
}
