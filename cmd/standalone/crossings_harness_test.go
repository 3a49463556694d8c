package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/order"
)

// lively are merchants and reviewers that decide within seconds, and answers that are late.
func (s *standalone) lively() {
	s.t.Helper()
	minute := after(time.Minute)
	s.rules(alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{After: minute}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minute},
	})
	s.faults(atalipay.LateAnswers(2 * time.Second)...)
}

// terminateItsMiniProgram terminates the workflow behind an order's mini program, where
// the order still needs it, and names it. Its token is gone with it and is imported again.
func (s *standalone) terminateItsMiniProgram(no string) string {
	s.t.Helper()
	view := s.await(no, "is authorised, or has ended", func(v order.View) bool {
		return v.Authorization == order.AuthorizationAuthorized || v.Stage.Ended()
	})
	if view.Stage.Ended() {
		return ""
	}
	if err := s.temporal().TerminateWorkflow(s.t.Context(), order.MiniProgramWorkflowID(appID, view.MiniAppID), "", "by hand"); err != nil {
		s.t.Logf("the mini program of %s was not terminated: %v", no, err)
		return ""
	}
	s.importToken(view.MiniAppID)
	return view.MiniAppID
}

// beginMany starts orders; some answers to their calls are late, some go online by themselves.
func (s *standalone) beginMany(random *rand.Rand, first, count int) []string {
	s.t.Helper()
	var numbers []string
	for i := range count {
		no := fmt.Sprintf("c-%03d%s", first+i, []string{"", "-before", "-after"}[random.IntN(3)])
		body := s.formal(no)
		submission, _ := body["submission"].(map[string]any)
		submission["auto_online"] = random.IntN(2) == 0
		logo := s.logo()
		logo.URL = "http://localhost/sim/v1/files/logo.png" // the same after a restart, as the demonstrations name it
		submission["files"] = map[string]any{"app_logo": logo}
		s.place(body)
		numbers = append(numbers, no)
	}
	return numbers
}

// cancelInTurn cancels each order once, at a moment of its own.
func (s *standalone) cancelInTurn(random *rand.Rand, numbers []string) {
	s.t.Helper()
	for _, no := range numbers {
		<-time.After(time.Duration(random.Int64N(int64(1500 * time.Millisecond))))
		if answer := s.command(no, order.CommandCancel, map[string]any{"reason": "at a random moment"}); answer.status != http.StatusOK && answer.status != http.StatusConflict {
			s.t.Errorf("cancel %s: %s", no, answer)
		}
	}
}

// wantNothingAtWork waits for an order's end and holds it against what is at Alipay.
func (s *standalone) wantNothingAtWork(no string) order.View {
	s.t.Helper()
	view := s.await(no, "has ended", func(v order.View) bool { return v.Stage.Ended() })
	if err := atalipay.NothingAtWork(view, s.state()); err != nil {
		s.t.Error(err)
	}
	return view
}

// mostCalls bounds what one of these lives may ask of Alipay: a few minutes of a story
// that takes a few hours.
const mostCalls = 60

// wantOrderly holds what orders did on their way against what reached Alipay, and wants no
// message to wait.
func (s *standalone) wantOrderly(ended []order.View, terminated ...string) {
	s.t.Helper()
	most, err := atalipay.Orderly(ended, s.calls(), mostCalls)
	if err != nil {
		s.t.Error(err)
	}
	eventually(s.t, patience, "no message waits", func() error {
		waiting := slices.DeleteFunc(s.deliveries(order.DispositionWaiting), func(d order.DeliveryView) bool {
			return slices.Contains(terminated, d.MiniAppID) // its next run holds what comes for an order that it never saw
		})
		if len(waiting) > 0 {
			return fmt.Errorf("%d do, such as %+v", len(waiting), waiting[0])
		}
		return nil
	})
	s.t.Logf("%d orders, at most %d calls each", len(ended), most)
}
