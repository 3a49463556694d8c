package alipaysim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOneVersionInThePipeline(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"none","after":"0s"}]}]}`)
	mini, token := w.created("p-1")
	for _, version := range []string{"1.0.0", "1.0.1", "1.0.2"} {
		w.built(token, version)
	}
	apply := func(version string) string { return w.submitted(token, version).code() }
	audit := func(result string) {
		w.must("POST", "mini-programs/"+mini+"/audit", `{"result":"`+result+`"}`)
	}
	var got []string
	note := func(code string) { got = append(got, code) }
	note(apply("1.0.1"))
	note(apply("1.0.2")) // another is in audit
	audit("reject")
	note(apply("1.0.2")) // a rejected one has to be taken back first
	note(w.call("alipay.open.mini.version.audited.cancel", token, map[string]string{"app_version": "1.0.1"}).code())
	note(apply("1.0.2"))
	note(w.call("alipay.open.mini.version.audit.cancel", token, map[string]string{}).code()) // without a version: the one in audit
	note(w.call("alipay.open.mini.version.audit.cancel", token, map[string]string{}).code())
	note(apply("1.0.2"))
	audit("pass")
	note(apply("1.0.1")) // a passed one has to go online first
	note(w.call("alipay.open.mini.version.online", token, map[string]string{"app_version": "1.0.2"}).code())
	note(apply("1.0.1")) // a larger one is online
	want := []string{"10000", "CAN_NOT_SUBMIT_WITH_AUDIT", "CAN_NOT_SUBMIT_WITH_AUDIT_GRAY", "10000", "10000", "10000",
		"AUDITING_VERSION_NOT_EXIST", "10000", "CAN_NOT_SUBMIT_WITH_AUDIT_GRAY", "10000", "EXIST_LARGER_ONLINED_VERSION"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerdictOfAnAttemptThatWasTakenBackIsNobodys(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"1h"},{"result":"pass","after":"2h"}]}]}`)
	_, token := w.created("s-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(50 * time.Minute)
	w.call("alipay.open.mini.version.audit.cancel", token, map[string]string{"app_version": "1.0.0"})
	w.submitted(token, "1.0.0")
	w.pass(time.Hour) // the first verdict would have come now
	if got := w.status(token, "1.0.0"); got != "AUDITING" {
		t.Errorf("the first attempt's verdict struck the second: %s", got)
	}
	w.pass(2 * time.Hour)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("the second attempt ended in %s", got)
	}
}

func TestVersionNumbersOnlyGrowAndTwentyAreInDevelopment(t *testing.T) {
	w := newWorld(t)
	_, token := w.created("n-1")
	upload := func(version string) string {
		return w.call("alipay.open.mini.version.upload", token, map[string]string{"template_id": "1", "app_version": version}).code()
	}
	for version, want := range map[string]string{"1.0": "INVALID_VERSION", "1.0.x": "INVALID_VERSION", "1.0.01": "INVALID_VERSION",
		"1.0.2147483648": "INVALID_VERSION", "-1.0.0": "INVALID_VERSION", "": "APP_VERSION_IS_BLANK"} {
		if got := upload(version); got != want {
			t.Errorf("version %q: %s, want %s", version, got, want)
		}
	}
	for i := range 20 {
		if got := upload(fmt.Sprintf("1.%d.0", i)); got != "10000" {
			t.Fatalf("version 1.%d.0: %s", i, got)
		}
	}
	steps := []struct{ version, want string }{
		{"1.20.0", "DEV_VERSION_EXCEED_MAX_COUNT"}, {"1.5.0", "VERSION_HAS_EXISTED"}, {"1.5.1", "LARGER_VERSION_HAS_EXISTED"},
		{"1.9.99", "LARGER_VERSION_HAS_EXISTED"}, // numbers, not text: 9.99 is below 19.0
	}
	for _, step := range steps {
		if got := upload(step.version); got != step.want {
			t.Errorf("%s: %s, want %s", step.version, got, step.want)
		}
	}
	w.pass(5 * time.Minute)
	if got := w.call("alipay.open.mini.version.delete", token, map[string]string{"app_version": "1.0.0"}).code(); got != "10000" {
		t.Errorf("delete the oldest: %s", got)
	}
	if got := upload("1.20.0"); got != "10000" {
		t.Errorf("with room again: %s", got)
	}
	list := w.call("alipay.open.mini.version.list.query", token, map[string]string{"bundle_id": "com.alipay.alipaywallet", "version_status": "INIT,AUDITING"})
	infos := list["app_version_infos"].([]any)
	if first := infos[0].(map[string]any); len(infos) != 19 || first["app_version"] != "1.19.0" || first["version_status"] != "INIT" {
		t.Errorf("list.query: %d entries, first %v", len(infos), first)
	}
}

func TestRollbackBringsTheVersionBeforeBackOnce(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}]}]}`)
	_, token := w.created("b-1")
	for _, version := range []string{"1.0.0", "1.0.1"} {
		w.built(token, version)
		w.submitted(token, version)
		w.run()
		w.call("alipay.open.mini.version.online", token, map[string]string{"app_version": version})
	}
	roll := func(version string) string {
		return w.call("alipay.open.mini.version.rollback", token, map[string]string{"app_version": version}).code()
	}
	if got := roll("1.0.1"); got != "10000" || w.status(token, "1.0.0") != "RELEASE" || w.status(token, "1.0.1") != "OFFLINE" {
		t.Errorf("rollback: %s, then %s and %s", got, w.status(token, "1.0.0"), w.status(token, "1.0.1"))
	}
	if got := roll("1.0.0"); got != "CAN_NOT_CONTINUOUS_ROLLBACK" || w.status(token, "1.0.0") != "RELEASE" {
		t.Errorf("rollback again: %s, then %s", got, w.status(token, "1.0.0"))
	}
}

func TestReleaseWithoutFilingIsLimited(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}],"registration":"missing"}]}`)
	mini, token := w.created("i-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.run()
	online := func(fields map[string]any) string {
		return w.call("alipay.open.mini.version.online", token, fields).code()
	}
	if got := online(map[string]any{"app_version": "1.0.0"}); got != "CAN_NOT_ONLINE_WITHOUT_REGISTRATION" {
		t.Errorf("online without a filing: %s", got)
	}
	if got := online(map[string]any{"app_version": "1.0.0", "permit_registration_limit_release": true}); got != "10000" {
		t.Errorf("a limited release: %s", got)
	}
	for _, m := range w.must("GET", "state", "")["mini_programs"].([]any) {
		if m := m.(map[string]any); m["mini_app_id"] == mini && m["limited_until"] == nil {
			t.Errorf("the release is not limited: %v", m)
		}
	}
}
