package main_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// adoptedByMessage: the answer to create was lost, and the next one says that the merchant has an order
// already: it is this one, whose number a message has brought.
func adoptedByMessage(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageOnline)
	known, _ := s.atAlipay(no)
	if view.OrderNo != known.OrderNo || view.MiniAppID != known.MiniAppID {
		s.t.Errorf("it is %s %s, and Alipay has %+v", view.OrderNo, view.MiniAppID, known)
	}
	s.wantDone(view, map[string]int{alipay.MethodCreate: 1, alipay.MethodUpload: 1})
}

// missing has mini programs made whose filing is not done.
func missing(one alipaysim.Rule) alipaysim.Rule {
	one.Registration = "missing"
	return one
}

// withoutFiling: one waits for the filing, and is online when it is done; one that permits it is online
// in the limited form.
func withoutFiling(s *standalone, no string) {
	s.place(s.formal(no + "-files"))
	body := s.formal(no + "-limited")
	submission, _ := body["submission"].(map[string]any)
	submission["permit_registration_limit_release"] = true
	s.place(body)
	limited := s.awaitStage(no+"-limited", order.StageOnline)
	eventually(s.t, patience, "the mini program is known to be limited", func() error {
		if mini := s.mini(limited.MiniAppID); !mini.Limited {
			return fmt.Errorf("it is %+v", mini)
		}
		return nil
	})
	waits := s.await(no+"-files", "waits for the filing", func(v order.View) bool {
		return v.Stage == order.StageReleasing && v.Hold != nil && v.Hold.Kind == order.HoldAwaitingFiling
	})
	s.sim(http.MethodPut, "mini-programs/"+waits.MiniAppID+"/filing", map[string]any{"status": "FILED", "done": true}, nil)
	decode[order.View](s.t, s.command(no+"-files", order.CommandRefresh, nil), http.StatusOK) // it looks by itself, later
	s.awaitStage(no+"-files", order.StageOnline)
	if mini := s.mini(waits.MiniAppID); mini.Limited {
		s.t.Errorf("what was filed is %+v", mini)
	}
}

// mini reads a mini program.
func (s *standalone) mini(miniAppID string) order.MiniProgramView {
	s.t.Helper()
	return decode[order.MiniProgramView](s.t, s.api(http.MethodGet, "/v1/mini-programs/"+appID+"/"+miniAppID, nil), http.StatusOK)
}

// anotherInAudit: somebody submits another version in Alipay's console. The order says so, waits, and
// takes nothing back that is not its own.
func anotherInAudit(s *standalone, no string) {
	body := s.formal(no)
	body["policy"] = map[string]any{"submit": "manual"}
	s.place(body)
	view := s.await(no, "may be submitted", func(v order.View) bool { return v.Stage == order.StageSubmitting && v.Hold != nil })
	console, token := s.gateway(), alipay.Secret(s.token(view.MiniAppID).Token)
	const theirs = "7.0.0"
	s.upload(view.MiniAppID, theirs)
	logo, err := s.send(http.MethodGet, s.at.Simulator+"/sim/v1/files/logo.png", nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	fields := map[string]string{}
	submission, _ := body["submission"].(map[string]any)
	for name, value := range submission {
		if text, is := value.(string); is {
			fields[name] = text
		}
	}
	files := []rules.File{{Field: "app_logo", Content: logo.body}}
	if _, err := console.ApplyAudit(s.t.Context(), token, theirs, order.DefaultBundleID, fields, files); err != nil {
		s.t.Fatal(err)
	}
	decode[order.View](s.t, s.command(no, order.CommandApprove, nil), http.StatusOK)
	s.await(no, "says that another version is in the way", func(v order.View) bool { return v.Hold != nil && v.Hold.Kind == order.HoldPipelineBusy })
	before := len(s.callsOf(view))
	if err := console.CancelAudit(s.t.Context(), token, theirs, order.DefaultBundleID); err != nil {
		s.t.Fatalf("their version is not in audit any more: %v", err)
	}
	s.awaitStage(no, order.StageOnline)
	taken := func(c call) bool {
		return c.Key == view.MiniAppID+"/"+theirs && (c.Method == alipay.MethodAuditCancel || c.Method == alipay.MethodAuditedCancel || c.Method == alipay.MethodVersionDelete)
	}
	if all := s.callsOf(view); slices.ContainsFunc(all[:before], taken) {
		s.t.Errorf("it took back what others had submitted")
	}
}

// upload has somebody else make a version.
func (s *standalone) upload(miniAppID, number string) {
	s.t.Helper()
	made := rules.Upload{TemplateID: "2021000000009999", AppVersion: number, BundleID: order.DefaultBundleID}
	if _, err := s.gateway().UploadVersion(s.t.Context(), alipay.Secret(s.token(miniAppID).Token), made); err != nil {
		s.t.Fatal(err)
	}
}

// tooManyVersions: there is room for twenty in development. The oldest of Miniflow's own makes room for
// the next; what others have made is theirs to delete.
func tooManyVersions(s *standalone, no string) {
	body := s.formal(no)
	body["policy"] = map[string]any{"submit": "manual"}
	s.place(body)
	view := s.await(no, "may be submitted", func(v order.View) bool { return v.Stage == order.StageSubmitting && v.Hold != nil })
	for n := range 19 {
		s.upload(view.MiniAppID, fmt.Sprintf("1.0.%d", n+1))
	}
	another := map[string]any{"version": map[string]any{"template_version": "1.0.1"}}
	decode[order.View](s.t, s.command(no, order.CommandResubmit, another), http.StatusOK)
	s.await(no, "may be submitted anew", func(v order.View) bool {
		return v.Stage == order.StageSubmitting && v.Hold != nil && v.Version.AppVersion == "1.0.20"
	})
	decode[order.View](s.t, s.command(no, order.CommandApprove, nil), http.StatusOK)
	s.awaitStage(no, order.StageOnline)
	refused, gone := false, []string{}
	for _, made := range s.callsOf(view) {
		refused = refused || made.SubCode == "DEV_VERSION_EXCEED_MAX_COUNT"
		if made.Method == alipay.MethodVersionDelete && made.Effect {
			gone = append(gone, made.Key)
		}
	}
	if want := []string{view.MiniAppID + "/0.0.1"}; !refused || !reflect.DeepEqual(gone, want) {
		s.t.Errorf("refused %t; %v made room, want %v", refused, gone, want)
	}
}

// backTwice: the version before is online again; further back there is no way, and nothing changes.
func backTwice(s *standalone, no string) {
	s.place(s.formal(no))
	first := s.awaitStage(no, order.StageOnline)
	next := s.formal(no + "-next")
	delete(next, "create")
	next["kind"], next["mini_app_id"] = order.KindRelease, first.MiniAppID
	submission, _ := next["submission"].(map[string]any)
	delete(submission, "app_name")
	delete(submission, "app_english_name")
	s.place(next)
	second := s.awaitStage(no+"-next", order.StageOnline)
	phases := func() map[string]string {
		all := map[string]string{}
		for _, mini := range s.state().MiniPrograms {
			if mini.MiniAppID == first.MiniAppID {
				for _, version := range mini.Versions {
					all[version.AppVersion] = string(version.Phase)
				}
			}
		}
		return all
	}
	back := "/v1/mini-programs/" + appID + "/" + first.MiniAppID + "/rollback"
	if answer := s.api(http.MethodPost, back, map[string]any{"reason": "payments fail"}); answer.status != http.StatusOK {
		s.t.Fatalf("rollback: %s", answer)
	}
	want := map[string]string{first.Version.AppVersion: "RELEASE", second.Version.AppVersion: "OFFLINE"}
	if got := phases(); !reflect.DeepEqual(got, want) {
		s.t.Errorf("at Alipay there is %v, want %v", got, want)
	}
	before := s.mini(first.MiniAppID)
	refusal(s.t, s.api(http.MethodPost, back, map[string]any{"reason": "once more"}), http.StatusConflict)
	if got := phases(); !reflect.DeepEqual(got, want) {
		s.t.Errorf("after the refusal there is %v, want %v", got, want)
	}
	if after := s.mini(first.MiniAppID); !reflect.DeepEqual(after.Online, before.Online) {
		s.t.Errorf("it has %+v online, and before the refusal %+v", after.Online, before.Online)
	}
}
