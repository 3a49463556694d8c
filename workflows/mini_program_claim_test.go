package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/order"
)

// asks claims with an answer, as a running order does, and returns where that will stand.
func (e *entity) asks(when time.Duration, outOrderNo string) *order.AuthorizationChange {
	answer := &order.AuthorizationChange{Code: "no answer"}
	e.updates++
	answers, id := make(claimAnswer, 1), e.updates
	e.at(when, func() {
		e.env.UpdateWorkflow(order.ClaimUpdate, fmt.Sprint("claim ", id), answers, order.Claim{OutOrderNo: outOrderNo})
	})
	e.at(when+time.Second, func() {
		select {
		case got := <-answers:
			if change, ok := got.(order.AuthorizationChange); ok {
				*answer = change
			}
		default:
		}
	})
	return answer
}

// TestAClaimIsAnswered with where the order stands, and so needs no signal as well; the order in
// charge is informed, since one that is gone is found that way.
func TestAClaimIsAnswered(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	first := e.asks(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	again, second := e.asks(3*time.Minute, outNo), e.asks(4*time.Minute, "OUT2")
	e.at(5*time.Minute, func() { e.platform.change(func(*platform) { e.gone[outNo] = true }) })
	third := e.asks(6*time.Minute, "OUT3")
	view := e.viewAt(7 * time.Minute)
	e.runs(time.Hour)
	for _, c := range []struct {
		who  string
		got  *order.AuthorizationChange
		want string
	}{
		{"the first", first, "none"}, {"the first again", again, "authorized"},
		{"the second", second, "authorized behind OUT1 #1"}, {"the third", third, "authorized behind OUT2 #1"},
	} {
		if newsOf(*c.got) != c.want {
			t.Errorf("%s was answered %q, want %q", c.who, newsOf(*c.got), c.want)
		}
	}
	same(t, "news", e.news, outNo+" authorized", outNo+" authorized", outNo+" authorized", "OUT2 authorized", "OUT3 authorized behind OUT2 #1")
	token, charge := appID+"/"+miniAppID+" f-T1", order.WorkflowID(appID, "")
	same(t, "tokens", e.taught, charge+outNo+" "+token, charge+outNo+" "+token, charge+"OUT2 "+token)
	if view.OutOrderNo != "OUT2" || len(view.Queue) != 1 {
		t.Errorf("it stands as %+v", view)
	}
}

// TestClaimsOfOneMoment are answered one after the other, and what they were answered is so in the
// next run.
func TestClaimsOfOneMoment(t *testing.T) {
	e := newEntity(t)
	answers := map[string]claimAnswer{outNo: make(claimAnswer, 1), "OUT2": make(claimAnswer, 1), "OUT3": make(claimAnswer, 1)}
	e.at(time.Minute, func() {
		for _, no := range []string{outNo, "OUT2", "OUT3"} {
			e.env.UpdateWorkflow(order.ClaimUpdate, "claims "+no, answers[no], order.Claim{OutOrderNo: no})
		}
	})
	e.at(2*time.Minute, func() { e.env.SetContinueAsNewSuggested(true) })
	e.signal(2*time.Minute, order.EndSignal, order.End{OutOrderNo: "nobody"})
	e.runs(time.Hour)
	next := resume(t, e)
	view := next.viewAt(time.Second)
	next.runs(time.Minute)
	for no, want := range map[string]string{outNo: "none", "OUT2": "none behind OUT1 #1", "OUT3": "none behind OUT1 #2"} {
		select {
		case answer := <-answers[no]:
			if change, ok := answer.(order.AuthorizationChange); !ok || newsOf(change) != want {
				t.Errorf("%s was answered %v, want %q", no, answer, want)
			}
		default:
			t.Errorf("%s was not answered", no)
		}
	}
	if view.OutOrderNo != outNo || len(view.Queue) != 2 {
		t.Errorf("the next run stands as %+v", view)
	}
}
