package main_test

import (
	"encoding/json"
	"net/http"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// eitherComesFirst: READY both ways, and the same record.
func eitherComesFirst(s *standalone, no string) {
	for _, first := range []string{"-agreed", "-token"} {
		waiting := s.awaitingMerchant(no + first)
		agreed := s.answers(waiting.OrderNo, "AGREED")
		yes := confirmed(s.t, no+first+"-yes", agreed, "AGREED")
		token := authorized(s.t, no+first+"-may", agreed, s.token(agreed.MiniAppID))
		if first == "-token" {
			s.pushed(token)
			s.pushed(yes)
		} else {
			s.pushed(yes)
			s.awaitHeard(no+first, yes.id(), order.DispositionApplied)
			s.pushed(token)
		}
		view := s.awaitStage(no+first, order.StageAuditing)
		if view.MiniAppID != agreed.MiniAppID || view.OrderNo != agreed.OrderNo || view.Authorization != order.AuthorizationAuthorized || view.Hold != nil {
			s.t.Errorf("%s first: it has %s %s %s %+v, and Alipay %+v", first, view.MiniAppID, view.OrderNo, view.Authorization, view.Hold, agreed)
		}
		s.wantDone(view, map[string]int{alipay.MethodCreate: 1, alipay.MethodUpload: 1, alipay.MethodAuditApply: 1})
	}
}

// everyMessageLost: it comes to wait for the authorisation, which has no question: a person is told, and
// later there is an invitation beside the link. The rest completes by asking. The hour and the 26 hours
// until then are seconds here.
func everyMessageLost(s *standalone, no string) {
	tp := s.temporal()
	tp.begin(no, tp.lent(s, no+"-lends"), func(schedules *order.Schedules) {
		schedules.Watchdogs[order.StageAwaitingAuthorization] = order.Duration(3 * time.Second)
		schedules.InviteAfter = order.Duration(5 * time.Second)
	})
	view := s.await(no, "waits for the authorisation, a person is told, and the merchant invited", func(v order.View) bool {
		return v.Stage == order.StageAwaitingAuthorization && v.Links.MerchantInvite != "" && barked(v, order.StageAwaitingAuthorization)
	})
	s.importToken(view.MiniAppID)
	for _, item := range s.awaitStage(no, order.StageOnline).Timeline {
		if item.NotifyID != "" {
			s.t.Errorf("it heard %s: pushes were not off", item.NotifyID)
		}
	}
}

// barked reports whether a person was asked for at a stage.
func barked(view order.View, stage order.Stage) bool {
	for _, item := range view.Timeline {
		if item.Event == order.HappenedAttentionNeeded && item.Stage == stage {
			return true
		}
	}
	return false
}

// createIsLost: the same number again is the one order, and says its order_no.
func createIsLost(s *standalone, no string) {
	s.place(s.formal(no))
	s.importToken(s.awaitAgreed(no).MiniAppID) // no message says the number
	view := s.awaitStage(no, order.StageOnline)
	known, _ := s.atAlipay(no)
	if view.OrderNo == "" || view.OrderNo != known.OrderNo {
		s.t.Errorf("it knows order_no %q, and Alipay %q", view.OrderNo, known.OrderNo)
	}
	s.wantDone(view, map[string]int{alipay.MethodCreate: 1})
	if asked := s.asked(alipay.MethodCreate, no); asked < 2 {
		s.t.Errorf("create was called %d times: its answer was not lost", asked)
	}
}

// asked counts the calls of a method about something.
func (s *standalone) asked(method, key string) (times int) {
	s.t.Helper()
	for _, call := range s.calls() {
		if call.Method == method && call.Key == key {
			times++
		}
	}
	return times
}

// timedOut: the order is closed; its number stays what it was, and a new one is a new order.
func timedOut(s *standalone, no string) {
	body := s.formal(no)
	s.place(body)
	ended := s.awaitStage(no, order.StageConfirmTimedOut)
	for _, item := range ended.Timeline {
		if item.NotifyID != "" && item.Disposition != order.DispositionApplied && item.Disposition != order.DispositionDuplicate {
			s.t.Errorf("%s became %s", item.NotifyID, item.Disposition)
		}
	}
	if again := decode[order.View](s.t, s.api(http.MethodPost, "/v1/orders", body), http.StatusOK); again.Stage != order.StageConfirmTimedOut {
		s.t.Errorf("the old number again is %s", again.Stage)
	}
	body["merchant_ref"] = "somebody else"
	refusal(s.t, s.api(http.MethodPost, "/v1/orders", body), http.StatusConflict)
	s.wantDone(ended, map[string]int{alipay.MethodCreate: 1})
	body["out_order_no"] = no + "-again"
	s.place(body)
	s.await(no+"-again", "knows its mini program", func(v order.View) bool { return v.MiniAppID != "" })
}

// braces are members in which a reader that counts braces, or takes a string for its end, goes wrong.
func braces() map[string]json.RawMessage {
	return map[string]json.RawMessage{
		"extra": json.RawMessage(`{"deep":{"text":"} \"sign\":\"x\" { \\\" ] \/ ","list":["{","}}"]}}`),
		"path":  json.RawMessage(`"https:\/\/example.com\/{a}\/\"b\""`),
	}
}

// nestedBraces: such an answer verifies, and is the answer.
func nestedBraces(s *standalone, no string) {
	s.place(s.formal(no))
	s.awaitStage(no, order.StageOnline)
	if asked := s.asked(alipay.MethodCreate, no); asked != 1 {
		s.t.Errorf("create was called %d times: its answer was not believed", asked)
	}
}
