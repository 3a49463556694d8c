package alipaysim_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRejectedVersionIsTakenBackAndSubmittedAgain(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"1h","reasons":[{"memo":"类目不符","images":["https://example.com/1.png"]}]},{"result":"pass","after":"1h"}]}]}`)
	mini, token := w.created("r-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(2 * time.Hour)

	rejected := w.lastPush("alipay.open.mini.version.audit.rejected")
	want := map[string]any{"mini_app_id": mini, "bundle_id": "com.alipay.alipaywallet", "mini_app_version": "1.0.0", "audit_reason": "类目不符"}
	if diff := cmp.Diff(want, rejected.biz); diff != "" {
		t.Errorf("without the split there are no halves (-want +got):\n%s", diff)
	}
	if got := w.submitted(token, "1.0.0").code(); got != "CAN_NOT_SUBMIT_WITHOUT_INIT" {
		t.Errorf("submitted before taking it back: %s", got)
	}
	take := w.call("alipay.open.mini.version.audited.cancel", token, map[string]string{"app_version": "1.0.0"})
	again := w.submit(token, map[string]string{"app_version": "1.0.0", "version_desc": submission("")["version_desc"], "region_type": "CHINA"}, nil)
	if take.code() != "10000" || again.code() != "10000" {
		t.Fatalf("take back: %v, submit with what was set before: %v", take, again)
	}
	w.pass(2 * time.Hour)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("the second attempt ended in %s", got)
	}
}

// A new version after a rejection is the next attempt, even when the rejected one
// was deleted.
func TestAttemptsAreCountedPerMiniProgram(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"1m"},{"result":"pass","after":"1m"}]}]}`)
	_, token := w.created("r-2")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(time.Minute)
	for _, method := range []string{"audited.cancel", "delete"} {
		if got := w.call("alipay.open.mini.version."+method, token, map[string]string{"app_version": "1.0.0"}).code(); got != "10000" {
			t.Fatalf("%s: %s", method, got)
		}
	}
	w.built(token, "1.0.1")
	w.submitted(token, "1.0.1")
	w.pass(time.Minute)
	if got := w.status(token, "1.0.1"); got != "WAIT_RELEASE" {
		t.Errorf("the second attempt ended in %s", got)
	}
}

// Halves of a verdict on the wire.
var (
	remark = map[string]any{"audit_images": []any{"https://example.com/1.png"}, "memos": []any{
		map[string]any{"memo": "不支持营销", "memo_image_list": []any{"https://example.com/1.png"}}}}
	noRemark = map[string]any{"audit_images": []any{}, "memos": []any{}}
)

// splitVerdicts are verdicts and what the message and the query say of each.
var splitVerdicts = []struct {
	name, rule, auditRule string
	message, status       string
	want                  map[string]any
}{
	{"admitted, not promotable", `"result":"base_pass"`, "BASE_PROMOTE", "alipay.open.mini.version.baseaudit.passed", "BASE_AUDIT_PASS",
		map[string]any{"audit_reason": "不支持营销", "base_audit": "PASS", "promote_audit": "REJECT", "base_audit_reason": noRemark, "promote_audit_reason": remark}},
	{"both rejected", `"result":"reject"`, "BASE_PROMOTE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
		map[string]any{"audit_reason": "不支持营销", "base_audit": "REJECT", "promote_audit": "REJECT", "base_audit_reason": remark, "promote_audit_reason": remark}},
	{"admission rejected alone", `"result":"reject","promote_audit":"PASS"`, "BASE_PROMOTE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
		map[string]any{"audit_reason": "不支持营销", "base_audit": "REJECT", "promote_audit": "PASS", "base_audit_reason": remark, "promote_audit_reason": noRemark}},
	{"one rejection rejects all without the split", `"result":"base_pass"`, "NONE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
		map[string]any{"audit_reason": "不支持营销"}},
}

func TestVerdictsOfASplitAudit(t *testing.T) {
	reasons := `"reasons":[{"memo":"不支持营销","images":["https://example.com/1.png"]}]`
	for _, test := range splitVerdicts {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.rules(`{"rules":[` + quick + `,"audits":[{"after":"1m",` + test.rule + `,` + reasons + `}]}]}`)
			mini, token := w.created("s-1")
			w.built(token, "1.0.0")
			w.submitted(token, "1.0.0", "audit_rule", test.auditRule)
			w.pass(2 * time.Minute)
			want := map[string]any{"mini_app_id": mini, "bundle_id": "com.alipay.alipaywallet", "mini_app_version": "1.0.0"}
			maps.Copy(want, test.want)
			if diff := cmp.Diff(want, w.lastPush(test.message).biz); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.message, diff)
			}
			detail := w.call("alipay.open.mini.version.detail.query", token, map[string]string{"app_version": "1.0.0"})
			if detail.text("status") != test.status || detail.text("reject_reason") != "不支持营销" {
				t.Errorf("detail.query: %v", detail)
			}
			if test.auditRule == "BASE_PROMOTE" {
				got := map[string]any{"base_audit": detail["base_audit"], "promote_audit": detail["promote_audit"], "base_audit_reason": detail["base_audit_record"], "promote_audit_reason": detail["promote_audit_record"], "audit_reason": detail["reject_reason"]}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("the query disagrees with the push (-push +query):\n%s", diff)
				}
			}
		})
	}
}

func TestPlatformPutsAutoOnlineVersionOnline(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"1m"}]}]}`)
	_, token := w.created("a-1")
	for _, version := range []string{"1.0.0", "1.0.1"} {
		w.built(token, version)
		w.submitted(token, version, "auto_online", "true")
		w.pass(90 * time.Second)
		if got := w.status(token, version); got != "WAIT_RELEASE" {
			t.Errorf("%s is %s as soon as it passed", version, got)
		}
		w.pass(90 * time.Second)
		if got := w.status(token, version); got != "RELEASE" {
			t.Errorf("%s with auto_online ended as %s", version, got)
		}
	}
	if got := w.status(token, "1.0.0"); got != "OFFLINE" {
		t.Errorf("the version before is %s", got)
	}
}

func TestAutoOnlineOfAnAttemptThatWasTakenBackIsNobodys(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"build":{"after":"1m","result":"ok"},"audits":[{"result":"pass","after":"1m"}],"auto_online":{"after":"1h"}}]}`)
	_, token := w.created("a-2")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0", "auto_online", "true")
	w.pass(30 * time.Minute)
	w.call("alipay.open.mini.version.audited.cancel", token, map[string]string{"app_version": "1.0.0"})
	w.submitted(token, "1.0.0", "auto_online", "true")
	w.pass(45 * time.Minute)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("the first attempt's release struck the second: %s", got)
	}
	w.pass(30 * time.Minute)
	if got := w.status(token, "1.0.0"); got != "RELEASE" {
		t.Errorf("the second attempt ended as %s", got)
	}
}
