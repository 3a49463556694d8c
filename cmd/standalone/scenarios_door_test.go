package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// call is what reached the gateway.
type call = alipaysim.Call

// callsOf are the calls about an order and its mini program.
func (s *standalone) callsOf(view order.View) (all []call) {
	s.t.Helper()
	for _, made := range s.calls() {
		if about, _, _ := strings.Cut(made.Key, "/"); about != "" && (about == view.OutOrderNo || about == view.OrderNo || about == view.MiniAppID) {
			all = append(all, made)
		}
	}
	return all
}

// infoInAudit is a code that Alipay hides behind unknown-sub-code.
const infoInAudit = "MINI_APP_INFO_AUDIT_CONTAINS"

// codeIsHidden: it is read where it is, and waited for as if it had been said.
func codeIsHidden(s *standalone, no string) {
	s.place(s.formal(no))
	view := s.awaitStage(no, order.StageOnline)
	waited := false
	for _, item := range view.Timeline {
		waited = waited || item.Hold == order.HoldPipelineBusy && item.Code == infoInAudit
	}
	if !waited {
		s.t.Errorf("its timeline does not say that it waited for %s: %+v", infoInAudit, view.Timeline)
	}
	s.wantDone(view, map[string]int{alipay.MethodAuditApply: 1})
}

// stormOfLimits: the order that is refused backs off for minutes and loses nothing; another one goes on.
func stormOfLimits(s *standalone, no string) {
	s.place(s.formal(no + "-storm"))
	s.place(s.formal(no + "-other"))
	s.awaitStage(no+"-other", order.StageOnline)
	if asked := s.asked(alipay.MethodCreate, no+"-storm"); asked > 3 {
		s.t.Errorf("it asked %d times while another order went online", asked)
	}
	eventually(s.t, patience, "the storm is over", func() error {
		if view := s.view(no + "-storm"); view.Stage != order.StageCreating {
			return nil
		}
		s.command(no+"-storm", order.CommandRetry, nil) // nobody waits for minutes here
		return errNotYet
	})
	view := s.awaitStage(no+"-storm", order.StageOnline)
	s.wantDone(view, map[string]int{alipay.MethodCreate: 1, alipay.MethodUpload: 1, alipay.MethodAuditApply: 1, alipay.MethodOnline: 1})
}

// whatTheDoorTakes: by either rule, and nothing that was changed, read twice or sent to somebody else.
func whatTheDoorTakes(s *standalone, no string) {
	waiting := s.awaitingMerchant(no)
	message := func(i int) push { return confirmed(s.t, fmt.Sprintf("%s-%d", no, i), waiting, "PROCESS") }
	refused := func(what, body string) {
		if answer, err := s.deliver(body); err != nil || answer.status == http.StatusOK || string(answer.body) == "success" {
			s.t.Errorf("%s is answered %s, %v", what, answer, err)
		}
	}
	for i, leaveOut := range [][]string{{"sign_type"}, nil} { // rule A, rule B
		taken := message(i)
		s.acknowledged(taken.body(s.signature(taken.text(leaveOut...))))
		s.awaitHeard(no, taken.id(), order.DispositionApplied)
	}
	tampered := message(2)
	signature := s.signature(tampered.text())
	tampered["biz_content"] = strings.Replace(tampered["biz_content"], "PROCESS", "AGREED", 1)
	refused("what was changed", tampered.body(signature))

	twice := message(3)
	twice["biz_content"] = strings.Replace(twice["biz_content"], `"status"`, `"note":"1+1%2B","status"`, 1)
	form, err := url.ParseQuery(twice.body(s.signature(twice.text())))
	if err != nil {
		s.t.Fatal(err)
	}
	form.Set("biz_content", strings.ReplaceAll(strings.ReplaceAll(form.Get("biz_content"), "+", " "), "%2B", "+"))
	refused("what was decoded twice", form.Encode())

	strange := message(4)
	strange["app_id"] = "2021000000000001"
	refused("what is for another app", s.sign(strange))

	unknown := newPush(s.t, "alipay.open.mini.something.happened", no+"-unknown", map[string]any{"mini_app_id": "2021000000000009"})
	s.pushed(unknown)
	eventually(s.t, patience, "a message of no known name is kept", func() error {
		for _, state := range order.Dispositions() {
			for _, delivery := range s.deliveries(state) {
				if delivery.NotifyID == unknown.id() {
					return nil
				}
			}
		}
		return errNotYet
	})
	if view := s.view(no); view.Stage != order.StageAwaitingMerchant {
		s.t.Errorf("the order is %s", view.Stage)
	}
}
