package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// lives is how many orders a test of this file tells: few by default, as many as
// LIVES says where somebody wants to know.
func lives(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("LIVES")
	if text == "" {
		return few
	}
	many, err := strconv.Atoi(text)
	if err != nil || many < 1 {
		t.Fatalf("LIVES is %q; it has to be a number of orders", text)
	}
	return many
}

// lateAnswers lets the writes of a story take a while, before their effect or after it.
func lateAnswers() []alipaysim.Fault {
	var all []alipaysim.Fault
	for _, method := range []string{"isv.create", "version.upload", "version.audit.apply", "version.audit.cancel", "version.audited.cancel", "version.online"} {
		all = append(all, alipaysim.Fault{Method: "alipay.open.mini." + method, OutOrderNo: "*-after", Kind: alipaysim.FaultStallAfterCommit, For: after(2 * time.Second)},
			alipaysim.Fault{Method: "alipay.open.mini." + method, OutOrderNo: "*-before", Kind: alipaysim.FaultSlow, For: after(2 * time.Second)})
	}
	return all
}

// A trial's link stands in the answer to create alone, and Alipay's message about the
// very order can be here before that answer is.
func TestEveryTrialHasItsLink(t *testing.T) {
	s := startStandalone(t, speed(1000), "--demo=false")
	s.rules(alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}})
	s.faults(alipaysim.Fault{
		Method: "alipay.open.mini.isv.fastregister.create", OutOrderNo: "*-after", Kind: alipaysim.FaultStallAfterCommit, For: after(time.Second),
	})
	for i := range lives(t, 30) {
		no := fmt.Sprintf("trial-%03d%s", i, []string{"", "", "-after"}[i%3])
		body := s.trial(no)
		create, _ := body["create"].(map[string]any)
		create["uid"] = fmt.Sprintf("2088%012d", i) // one merchant has one unfinished order
		s.place(body)
		view := s.awaitStage(no, order.StageAwaitingMerchant)
		if view.Links.MerchantAuthorize == "" {
			t.Errorf("%s waits for a merchant who has nothing to follow: %+v", no, view.Timeline)
		}
	}
}

// A person cancels whenever it is, and whatever is being asked of Alipay just then.
// Nothing of an order that ended cancelled is at work at Alipay afterwards, and what
// was online already ends online.
func TestCancelledAtRandomMoments(t *testing.T) {
	const together = 10
	random := randomness(t)
	s := startStandalone(t, speed(200), "--demo=false")
	s.lively()
	ends, ended := map[order.Stage]int{}, []order.View{}
	for begun, all := 0, lives(t, 20); begun < all; begun += together {
		numbers := s.beginMany(random, begun, min(together, all-begun))
		s.cancelInTurn(random, numbers)
		for _, no := range numbers {
			view := s.wantNothingAtWork(no)
			ends[view.Stage]++
			ended = append(ended, view)
		}
	}
	s.wantOrderly(ended)
	t.Logf("ended %v", ends)
}

// Everything is killed in the middle of whatever it does, orders are cancelled, and a
// mini program's workflow is terminated by hand. Every order ends where Alipay says.
func TestLivesWithKills(t *testing.T) {
	const together, kills = 10, 2
	flags := []string{speed(200), "--demo=false"}
	random := randomness(t)
	s := startStandalone(t, flags...)
	ends, ended, terminated := map[order.Stage]int{}, []order.View{}, []string{}
	for begun, all := 0, lives(t, 10); begun < all; begun += together {
		s.lively()
		numbers := s.beginMany(random, begun, min(together, all-begun))
		s.cancelInTurn(random, numbers[:len(numbers)/2])
		for range kills {
			<-time.After(time.Duration(random.Int64N(int64(3 * time.Second))))
			s.kill()
			s.start(flags...)
			s.lively()
		}
		if mini := s.terminateItsMiniProgram(numbers[len(numbers)-1]); mini != "" {
			terminated = append(terminated, mini)
		}
		for _, no := range numbers {
			view := s.wantNothingAtWork(no)
			ends[view.Stage]++
			ended = append(ended, view)
		}
	}
	s.wantOrderly(ended, terminated...)
	t.Logf("ended %v", ends)
}

// lively are merchants and reviewers that decide within seconds, and answers that are late.
func (s *standalone) lively() {
	s.t.Helper()
	minute := after(time.Minute)
	s.rules(alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{After: minute}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minute},
	})
	s.faults(lateAnswers()...)
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
	online, working := false, []string{}
	for _, mini := range s.state().MiniPrograms {
		if mini.OutOrderNo != no {
			continue
		}
		for _, version := range mini.Versions {
			switch version.Phase {
			case alipaysim.Release:
				online = true
				fallthrough
			case alipaysim.Auditing, alipaysim.WaitRelease, alipaysim.BaseAuditPass, alipaysim.AuditReject:
				working = append(working, version.AppVersion+" "+string(version.Phase))
			case alipaysim.Absent, alipaysim.Building, alipaysim.BuildFailed, alipaysim.BuildTimedOut, alipaysim.Scanning, alipaysim.ScanFailed,
				alipaysim.Init, alipaysim.Offline, alipaysim.AuditOffline:
			}
		}
	}
	switch {
	case view.Stage == order.StageCancelled && len(working) > 0:
		s.t.Errorf("%s ended cancelled (%s), and at Alipay there is %s\n%+v", no, view.Reason, strings.Join(working, ", "), view.Timeline)
	case view.Stage == order.StageOnline && !online:
		s.t.Errorf("%s ended online, and at Alipay there is %s", no, strings.Join(working, ", "))
	}
	return view
}

// mostCalls bounds what one of these lives may ask of Alipay: a few minutes of a story
// that takes a few hours.
const mostCalls = 60

// wantOrderly holds what orders did on their way against what reached Alipay: few calls,
// no attempt that Alipay does not know, nothing taken back from an order that ended
// online, and every message with what became of it, once.
func (s *standalone) wantOrderly(ended []order.View, terminated ...string) {
	s.t.Helper()
	asked, done := map[string]int{}, map[string]int{}
	for _, call := range s.calls() {
		concerned, _, _ := strings.Cut(call.Key, "/")
		asked[concerned]++
		if call.Effect {
			done[concerned+path.Ext(call.Method)]++
		}
	}
	most := 0
	for _, view := range ended {
		no, calls := view.OutOrderNo, asked[view.OutOrderNo]+asked[view.OrderNo]+asked[view.MiniAppID]
		most = max(most, calls)
		if calls > mostCalls {
			s.t.Errorf("%s made %d calls", no, calls)
		}
		if applied := done[view.MiniAppID+".apply"]; view.MiniAppID != "" && len(view.Audits) > applied {
			s.t.Errorf("%s shows %d attempts, and Alipay knows %d", no, len(view.Audits), applied)
		}
		if back := done[view.MiniAppID+".cancel"]; view.Stage == order.StageOnline && back > 0 {
			s.t.Errorf("%s ended online, and was taken back %d times", no, back)
		}
		heard := map[string]bool{}
		for _, item := range view.Timeline {
			if item.NotifyID != "" && heard[item.NotifyID] {
				s.t.Errorf("%s tells twice what became of %s", no, item.NotifyID)
			}
			heard[item.NotifyID] = true
		}
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
