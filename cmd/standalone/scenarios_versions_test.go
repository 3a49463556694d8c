package main_test

import (
	"net/http"
	"slices"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// uploadIsLost: whose build it is that exists already, is asked and not guessed.
func uploadIsLost(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageOnline)
	existed := slices.ContainsFunc(s.callsOf(view), func(c call) bool { return c.Method == alipay.MethodUpload && c.SubCode == "VERSION_HAS_EXISTED" })
	if !existed {
		s.t.Error("Alipay never said VERSION_HAS_EXISTED")
	}
	s.wantDone(view, map[string]int{alipay.MethodUpload: 1, alipay.MethodAuditApply: 1, alipay.MethodOnline: 1})
}

// buildsEnd: one that is built goes on; one that failed or timed out is built again under the next
// number, once, and then a person is asked.
func buildsEnd(s *standalone, no string) {
	for _, end := range []string{"-ok", "-failed", "-late"} {
		s.place(s.formal(no + end))
	}
	s.wantDone(s.awaitStage(no+"-ok", order.StageOnline), map[string]int{alipay.MethodUpload: 1})
	for _, end := range []string{"-failed", "-late"} {
		view := s.await(no+end, "asks for a person", func(v order.View) bool {
			return v.Stage == order.StageBuilding && v.Hold != nil && v.Hold.Kind == order.HoldNeedsOperator && s.done(v)[alipay.MethodUpload] == 2
		})
		if view.Version.AppVersion != "0.0.2" {
			s.t.Errorf("%s is at version %s, want the next number", no+end, view.Version.AppVersion)
		}
	}
}

// lateRejection: the first attempt is rejected, corrected and submitted again, the same version; the
// rejection comes once more.
func lateRejection(s *standalone, no string) {
	s.place(s.formal(no))
	s.awaitStage(no, order.StageAuditRejected)
	body := map[string]any{"submission": map[string]any{"app_desc": "示例小店是一家社区餐厅，提供堂食与外带服务。"}}
	decode[order.View](s.t, s.command(no, order.CommandResubmit, body), http.StatusOK)
	view := s.awaitStage(no, order.StageAuditing)
	s.pushed(audited(s.t, no+"-late", "rejected", view.MiniAppID, view.Version.AppVersion))
	s.awaitHeard(no, no+"-late", order.DispositionStale)
	s.judges(view.MiniAppID, "pass")
	ended := s.awaitStage(no, order.StageOnline)
	if len(ended.Audits) != 2 || ended.Audits[0].Verdict != order.VerdictRejected || ended.Audits[1].Verdict != order.VerdictPassed {
		s.t.Errorf("its attempts are %+v", ended.Audits)
	}
	if ended.Version.AppVersion != view.Version.AppVersion {
		s.t.Errorf("%s is online, want the version that was rejected, %s", ended.Version.AppVersion, view.Version.AppVersion)
	}
	s.wantDone(ended, map[string]int{alipay.MethodUpload: 1, alipay.MethodAuditApply: 2, alipay.MethodAuditedCancel: 1, alipay.MethodOnline: 1})
}

// passWithoutVersion: there is a later version that nobody has submitted; the message names neither.
func passWithoutVersion(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageAuditing)
	token := alipay.Secret(s.token(view.MiniAppID).Token)
	upload := rules.Upload{TemplateID: "2021000000009999", AppVersion: "7.0.0", BundleID: order.DefaultBundleID}
	if _, err := s.gateway().UploadVersion(s.t.Context(), token, upload); err != nil {
		s.t.Fatal(err)
	}
	message := audited(s.t, no+"-passed", "passed", view.MiniAppID, "")
	message["biz_content"] = `{"mini_app_id":"` + view.MiniAppID + `"}`
	s.judges(view.MiniAppID, "pass")
	s.pushed(message)
	ended := s.awaitStage(no, order.StageOnline)
	if ended.Version.AppVersion != view.Version.AppVersion || ended.Audits[0].Verdict != order.VerdictPassed {
		s.t.Errorf("%s is online, want %s; its attempts are %+v", ended.Version.AppVersion, view.Version.AppVersion, ended.Audits)
	}
	if len(heardOf(ended, message.id())) != 1 {
		s.t.Errorf("of the message its timeline says %+v", heardOf(ended, message.id()))
	}
}

// withdrawalLoses: the reviewer passes it while the withdrawal is on its way. What Alipay has counts, and
// what a person wanted back does not go online unasked.
func withdrawalLoses(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageAuditing)
	decode[order.View](s.t, s.command(no, order.CommandWithdraw, nil), http.StatusOK)
	s.judges(view.MiniAppID, "pass")
	passed := s.await(no, "has passed and waits for a person", func(v order.View) bool {
		return v.Stage == order.StageReleasing && v.Hold != nil && v.Hold.Kind == order.HoldNeedsApproval
	})
	if audit := passed.Audits[len(passed.Audits)-1]; audit.Verdict != order.VerdictPassed {
		s.t.Errorf("the attempt is %+v, want passed", audit)
	}
	s.wantDone(passed, map[string]int{alipay.MethodAuditCancel: 0, alipay.MethodOnline: 0})
	decode[order.View](s.t, s.command(no, order.CommandApprove, nil), http.StatusOK)
	s.awaitStage(no, order.StageOnline)
}

// basePassGoesOnline: online, and not promotable.
func basePassGoesOnline(s *standalone, no string) {
	body := s.formal(no)
	body["policy"] = map[string]any{"on_base_pass": order.BasePassGoOnline}
	submission, _ := body["submission"].(map[string]any)
	submission["audit_rule"] = "BASE_PROMOTE"
	s.place(body)
	view := s.awaitStage(no, order.StageOnline)
	if view.Promotable == nil || *view.Promotable || view.Audits[0].Verdict != order.VerdictBasePassed {
		s.t.Errorf("promotable %v, attempts %+v", view.Promotable, view.Audits)
	}
}

// onlineByItself: Alipay puts it online, which no message says; nobody else does.
func onlineByItself(s *standalone, no string) {
	body := s.formal(no)
	submission, _ := body["submission"].(map[string]any)
	submission["auto_online"] = true
	s.place(body)
	view := s.awaitStage(no, order.StageOnline)
	for _, made := range s.callsOf(view) {
		if made.Method == alipay.MethodOnline {
			s.t.Errorf("%s was called", made.Method)
		}
	}
}

// revokedInAudit: calls stop, the result is kept, and the order goes on with what Alipay says when it may.
func revokedInAudit(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageAuditing)
	s.sim(http.MethodPost, "mini-programs/"+view.MiniAppID+"/revoke", nil, nil)
	s.await(no, "is revoked", func(v order.View) bool { return v.Authorization == order.AuthorizationRevoked })
	since := time.Now()
	s.judges(view.MiniAppID, "pass")
	passed := s.await(no, "keeps the result", func(v order.View) bool { return v.Stage == order.StageReleasing && v.Hold != nil })
	if audit := passed.Audits[0]; audit.Verdict != order.VerdictPassed || !audit.Unconfirmed || passed.Hold.Kind != order.HoldAuthorizationRevoked {
		s.t.Errorf("its attempt is %+v, its hold %+v", audit, passed.Hold)
	}
	for _, made := range s.callsOf(view) {
		if made.At.After(since) && made.Method != alipay.MethodTokenQuery {
			s.t.Errorf("%s was called without an authorisation", made.Method)
		}
	}
	s.sim(http.MethodPost, "mini-programs/"+view.MiniAppID+"/authorize", nil, nil)
	if ended := s.awaitStage(no, order.StageOnline); ended.Audits[0].Unconfirmed {
		s.t.Errorf("nobody asked: %+v", ended.Audits[0])
	}
}

// oldRevocation: what revokes a token that has been replaced takes nothing away.
func oldRevocation(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageAuditing)
	old := s.token(view.MiniAppID)
	s.sim(http.MethodPost, "mini-programs/"+view.MiniAppID+"/revoke", nil, nil)
	s.await(no, "is revoked", func(v order.View) bool { return v.Authorization == order.AuthorizationRevoked })
	s.sim(http.MethodPost, "mini-programs/"+view.MiniAppID+"/authorize", nil, nil)
	before := s.await(no, "is authorised again", func(v order.View) bool { return v.Authorization == order.AuthorizationAuthorized })
	s.pushed(newPush(s.t, "alipay.open.auth.appauth.cancelled", no+"-old", map[string]any{
		"app_auth_token": old.Token, "app_id": appID, "auth_app_id": view.MiniAppID, "user_id": old.UserID,
	}))
	s.judges(view.MiniAppID, "pass")
	ended := s.awaitStage(no, order.StageOnline)
	for _, item := range ended.Timeline {
		if item.Event == order.HappenedAuthorizationChanged && item.Sequence > before.Sequence {
			s.t.Errorf("the authorisation changed: %+v", item)
		}
	}
}
