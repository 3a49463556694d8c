package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"miniflow/order"
)

func TestGetOrder(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditRejected, func(v *order.View) {
		v.Audits = []order.Audit{{Attempt: 1, Verdict: order.VerdictRejected}}
	})
	answer := env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)
	if got := read[order.View](answer); got.Stage != order.StageAuditRejected || len(got.Audits) != 1 {
		t.Errorf("answered %s", answer.text)
	}
	if !strings.Contains(answer.text, `"reasons":[]`) || !strings.Contains(answer.text, `"timeline":[]`) {
		t.Errorf("a list that is empty is not there: %s", answer.text)
	}
	for err, status := range map[error]int{
		serviceerror.NewDeadlineExceeded("no worker"):     http.StatusServiceUnavailable,
		serviceerror.NewUnavailable("down"):               http.StatusServiceUnavailable,
		serviceerror.NewQueryFailed("workflow task fail"): http.StatusInternalServerError,
	} {
		env.temporal.down["query"], env.within = err, 200*time.Millisecond
		env.do("GET", orderPathOf("A-1"), "").want(status)
	}
}

// waitFor calls in the background and returns once the call waits on Temporal.
func (s *apiEnv) waitFor(path string) <-chan *apiAnswer {
	s.t.Helper()
	answered := make(chan *apiAnswer, 1)
	go func() { answered <- s.do("GET", path, "") }()
	select {
	case <-s.temporal.waiting:
	case early := <-answered:
		s.t.Fatalf("answered at once: %s", early.text)
	case <-time.After(10 * time.Second):
		s.t.Fatal("it does not wait on the history")
	}
	return answered
}

func TestLongPollAnswersWithTheNews(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	answered := env.waitFor(orderPathOf("A-1") + "?wait=30s&after=5")
	// An event that the caller knows already doesn't end the wait.
	env.temporal.change(flow, func(*apiFlow) {})
	<-env.temporal.waiting
	env.temporal.change(flow, func(f *apiFlow) { f.view.Sequence, f.view.Stage = 6, order.StageReleasing })
	if got := read[order.View]((<-answered).want(http.StatusOK)); got.Sequence != 6 || got.Stage != order.StageReleasing {
		t.Errorf("answered %+v", got)
	}
}

func TestLongPollUnderstandsUndecodedHistories(t *testing.T) {
	env := openAPI(t)
	env.temporal.raw = true
	flow := env.anOrder(order.StageAuditing)
	answered := env.waitFor(orderPathOf("A-1") + "?wait=30s&after=5")
	env.temporal.change(flow, func(f *apiFlow) { f.view.Sequence = 6 })
	began := time.Now()
	if got := read[order.View]((<-answered).want(http.StatusOK)); got.Sequence != 6 || time.Since(began) > 10*time.Second {
		t.Errorf("answered %+v after %v", got, time.Since(began))
	}
}

func TestLongPollFollowsTheOrderIntoItsNextRun(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	answered := env.waitFor(orderPathOf("A-1") + "?wait=30s&after=5")
	env.temporal.change(flow, func(f *apiFlow) { f.runID, f.events = "run-2", 1 })
	if run := <-env.temporal.waiting; run != "run-2" {
		t.Errorf("waits on %s", run)
	}
	env.temporal.change(flow, func(f *apiFlow) { f.view.Sequence = 6 })
	got := read[order.View]((<-answered).want(http.StatusOK))
	if got.Sequence != 6 || !strings.Contains(got.Links.TemporalUI, "/run-2/") {
		t.Errorf("answered %+v", got)
	}
}

func TestLongPollDoesNotWait(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*apiFlow)
		query   string
	}{
		"there is news already": {func(*apiFlow) {}, "wait=30s&after=4"},
		"the order has ended":   {func(f *apiFlow) { f.view.Stage = order.StageOnline }, "wait=30s&after=5"},
		"its workflow has ended": {func(f *apiFlow) {
			f.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
		}, "wait=30s&after=5"},
		"no time": {func(*apiFlow) {}, "wait=0s&after=5"},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			flow := env.anOrder(order.StageAuditing)
			test.arrange(flow)
			began := time.Now()
			if got := read[order.View](env.do("GET", orderPathOf("A-1")+"?"+test.query, "").want(http.StatusOK)); got.Sequence != 5 {
				t.Errorf("answered %+v", got)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestLongPollEndsWithTheOrderAsItIs(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	began := time.Now()
	answered := env.waitFor(orderPathOf("A-1") + "?wait=200ms&after=5")
	if got := read[order.View]((<-answered).want(http.StatusOK)); got.Sequence != 5 {
		t.Errorf("answered %+v", got)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestLongPollFailures(t *testing.T) {
	env := openAPI(t)
	env.do("GET", orderPathOf("nobody")+"?wait=30s", "").want(http.StatusNotFound)
	env.anOrder(order.StageAuditing)
	env.temporal.fail("history", serviceerror.NewInternal("broken"))
	env.do("GET", orderPathOf("A-1")+"?wait=30s&after=5", "").want(http.StatusInternalServerError)
	for range maxWaiters {
		env.api.waiters <- struct{}{}
	}
	env.do("GET", orderPathOf("A-1")+"?wait=30s&after=5", "").want(http.StatusTooManyRequests)
	env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)
}
