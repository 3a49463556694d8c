package alipaysim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
)

// calls are every call about one version, in the order of the table below.
var versionCalls = []string{"upload", "build.query", "detail.query", "audit.apply", "audit.cancel", "audited.cancel", "online", "delete", "offline", "rollback", "experience.create"}

// lifeOfAVersion says, for every phase, what each call does: the phase it leads
// to after →, = for an answer that changes nothing, or the code it is refused
// with. Written from the platform's rules, not from the simulator's table.
const lifeOfAVersion = `
                | upload              | build.query               | detail.query              | audit.apply                        | audit.cancel               | audited.cancel                 | online                                 | delete                       | offline                        | rollback                        | experience.create
-               | →BUILDING           | BUILD_VERSION_NOT_EXISTED | MINIAPP_VERSION_NOT_EXSIT | MINIAPP_VERSION_NOT_EXSIT          | AUDITING_VERSION_NOT_EXIST | MINIAPP_VERSION_NOT_EXSIT      | MINIAPP_VERSION_NOT_EXSIT              | MINIAPP_VERSION_NOT_EXSIT    | MINIAPP_VERSION_NOT_EXSIT      | MINIAPP_VERSION_NOT_EXSIT       | CAN_NOT_SET_EXP_INVALID_STATUS
BUILDING        | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
BUILD_FAILED    | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
BUILD_TIMED_OUT | VERSION_HAS_EXISTED | =                         | MINIAPP_VERSION_NOT_EXSIT | MINI_APP_PACKAGE_INFO_NOT_EXIST    | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | MINI_APP_PACKAGE_INFO_NOT_EXIST        | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
SCANNING        | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS   | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITH_SCANNING | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_WITHOUT_SCAN_PASS
SCAN_FAILED     | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS   | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | →-                           | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_WITHOUT_SCAN_PASS
INIT            | VERSION_HAS_EXISTED | =                         | =                         | →AUDITING                          | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | →-                           | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | =
AUDITING        | VERSION_HAS_EXISTED | =                         | =                         | SUBMIT_REPEAT                      | →INIT                      | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
AUDIT_REJECT    | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | CAN_NOT_ONLINE_WITHOUT_AUDIT           | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
BASE_AUDIT_PASS | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | →RELEASE                               | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
WAIT_RELEASE    | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | →INIT                          | →RELEASE                               | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
RELEASE         | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | →OFFLINE                       | CAN_NOT_ROLLBACK_WITHOUT_OFFLINE | CAN_NOT_SET_EXP_WITH_ONLINED_STATUS
OFFLINE         | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_WITH_ONLINED_STATUS
AUDIT_OFFLINE   | VERSION_HAS_EXISTED | =                         | =                         | CAN_NOT_SUBMIT_WITHOUT_INIT        | INVALID_VERSION_STATUS     | CAN_NOT_BACK_DEV_WITHOUT_AUDIT | CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE | CAN_NOT_DELETE_WITHOUT_DEV   | CAN_NOT_OFFLINE_WITHOUT_ONLINE | CAN_NOT_ROLLBACK_WITHOUT_ONLINE | CAN_NOT_SET_EXP_INVALID_STATUS
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
	method := "alipay.open.mini.version." + name
	if name == "experience.create" {
		method = "alipay.open.mini." + name
	}
	return w.call(method, token, map[string]string{"app_version": "1.0.0", "template_id": "2021000000000777"})
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
