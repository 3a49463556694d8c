package alipaysim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// calls are every call about one version, in the order of the table below.
var versionCalls = []string{"upload", "build.query", "detail.query", "audit.apply", "audit.cancel", "audited.cancel", "online", "delete", "offline", "rollback"}

// lifeOfAVersion says, for every phase, what each call does: the phase it leads
// to after →, = for an answer that changes nothing, or the code it is refused
// with. Written from the platform's rules, not from the simulator's table.
const lifeOfAVersion = `
                | upload              | build.query               | detail.query              | audit.apply                        | audit.cancel               | audited.cancel                 | online                                 | delete                       | offline                        | rollback
-               | →BUILDING           | BUILD_VERSION_NOT_EXISTED | MINIAPP_VERSION_NOT_EXSIT | MINIAPP_VERSION_NOT_EXSIT          | AUDITING_VERSION_NOT_EXIST | MINIAPP_VERSION_NOT_EXSIT      | MINIAPP_VERSION_NOT_EXSIT              | MINIAPP_VERSION_NOT_EXSIT    | MINIAPP_VERSION_NOT_EXSIT      | MINIAPP_VERSION_NOT_EXSIT
BUILDING        | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
BUILD_FAILED    | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
BUILD_TIMED_OUT | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
SCANNING        | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS   | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITH_SCANNING | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
SCAN_FAILED     | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS   | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | →-                           | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
INIT            | VERSION_HAS_EXISTED | =                         | =                         | →AUDITING                          | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | →-                           | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
AUDITING        | VERSION_HAS_EXISTED | =                         | =                         | SUBMIT_REPEAT                      | →INIT                      | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
AUDIT_REJECT    | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
BASE_AUDIT_PASS | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | →RELEASE                               | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
WAIT_RELEASE    | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | →RELEASE                               | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
RELEASE         | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | →OFFLINE                       | CAN_NOT_ROLLBACK_WITHOUT_OFFLINE
OFFLINE         | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
AUDIT_OFFLINE   | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE
`

// phaseRules leave a version in the phase its mini program is named after.
const phaseRules = `{"rules":[
	{"mini_app_id":"BUILDING-*","build":{"after":"999h","result":"ok"}},
	{"mini_app_id":"BUILD_FAILED-*","build":{"after":"0s","result":"fail"}},
	{"mini_app_id":"BUILD_TIMED_OUT-*","build":{"after":"0s","result":"timeout"}},
	{"mini_app_id":"SCANNING-*","build":{"after":"0s","result":"ok"},"scan":{"after":"999h","result":"pass"}},
	{"mini_app_id":"SCAN_FAILED-*","build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"fail"}},
	{"mini_app_id":"AUDIT_REJECT-*","build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"pass"},"audits":[{"result":"reject","after":"0s"}]},
	{"mini_app_id":"BASE_AUDIT_PASS-*","build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"pass"},"audits":[{"result":"base_pass","after":"0s"}]},
	{"mini_app_id":"AUDITING-*","build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"pass"},"audits":[{"result":"none","after":"0s"}]},
	{"build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"pass"},"audits":[{"result":"pass","after":"0s"}]}]}`

// versionIn makes a mini program with version 1.0.0 in the phase.
func (w *world) versionIn(phase alipaysim.Phase, serial int) (mini, token string) {
	w.t.Helper()
	mini = fmt.Sprintf("%s-%d", phase, serial)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"`+mini+`","authorized":true}`)
	token = w.must("GET", "mini-programs/"+mini+"/token", "")["app_auth_token"].(string)
	path := []alipaysim.Phase{alipaysim.Auditing, alipaysim.AuditReject, alipaysim.BaseAuditPass, alipaysim.WaitRelease,
		alipaysim.Release, alipaysim.Offline, alipaysim.AuditOffline}
	if phase != alipaysim.Absent {
		w.versionCall("upload", token)
	}
	if slices.Contains(path, phase) {
		w.run()
		w.submitted(token, "1.0.0", "audit_rule", "BASE_PROMOTE")
	}
	w.run()
	if slices.Contains(path[4:], phase) {
		w.versionCall("online", token)
	}
	switch phase {
	case alipaysim.Offline:
		w.versionCall("offline", token)
	case alipaysim.AuditOffline:
		w.must("POST", "mini-programs/"+mini+"/take-down", "")
	default: // it is there already
	}
	if got := w.phase(mini); got != phase {
		w.t.Fatalf("the version is %q, not %q", got, phase)
	}
	return mini, token
}

func (w *world) versionCall(name, token string) reply {
	w.t.Helper()
	if name == "audit.apply" {
		return w.submitted(token, "1.0.0")
	}
	return w.call("alipay.open.mini.version."+name, token, map[string]string{"app_version": "1.0.0", "template_id": "2021000000000777"})
}

// phase reads the phase of version 1.0.0 from the management API.
func (w *world) phase(mini string) alipaysim.Phase {
	w.t.Helper()
	for _, m := range w.must("GET", "state", "")["mini_programs"].([]any) {
		m := m.(map[string]any)
		if m["mini_app_id"] != mini {
			continue
		}
		for _, v := range m["versions"].([]any) {
			if v := v.(map[string]any); v["app_version"] == "1.0.0" {
				return alipaysim.Phase(v["phase"].(string))
			}
		}
	}
	return alipaysim.Absent
}

func TestEveryPhaseAgainstEveryCall(t *testing.T) {
	w := newWorld(t)
	w.rules(phaseRules)
	table := map[alipaysim.Phase][]string{}
	for _, line := range strings.Split(strings.TrimSpace(lifeOfAVersion), "\n")[1:] {
		var cells []string
		for _, cell := range strings.Split(line, "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		table[alipaysim.Phase(strings.TrimPrefix(cells[0], "-"))] = cells[1:]
	}
	serial := 0
	for _, phase := range alipaysim.Phases() {
		want, listed := table[phase]
		if !listed || len(want) != len(versionCalls) {
			t.Fatalf("the table says nothing of %q", phase)
		}
		mini, token := w.versionIn(phase, serial)
		for i, name := range versionCalls {
			got := w.versionCall(name, token)
			outcome := got.code()
			after := w.phase(mini)
			if outcome == "10000" {
				if outcome = "="; after != phase || strings.HasPrefix(want[i], "→") {
					outcome = "→" + string(after)
				}
			} else if after != phase {
				t.Errorf("%s from %q was refused with %s and moved to %q", name, phase, outcome, after)
			}
			if strings.TrimSuffix(want[i], "-") != outcome {
				t.Errorf("%s from %q: %s, want %s", name, phase, outcome, want[i])
			}
			if after != phase {
				serial++
				mini, token = w.versionIn(phase, serial)
			}
		}
		serial++
	}
}

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
