package main_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// lives is how many orders a test of this file tells: few by default, as many as
// LIVES says where somebody wants to know.
func lives(t *testing.T, few int) int {
	t.Helper()
	many, err := outside.Lives(few)
	if err != nil {
		t.Fatal(err)
	}
	return many
}

// A trial's link stands in the answer to create alone, and Alipay's message about the
// very order can be here before that answer is.
func TestEveryTrialHasItsLink(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
