package api

import (
	"net/http"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"miniflow/alipay/gateway"
	"miniflow/order"
)

// refusalsForAMoment returns the errors with which Temporal reports that it, or a worker,
// can't answer just now.
func refusalsForAMoment() map[string]error {
	return map[string]error{
		"workflow is busy":   serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW, "Workflow is busy."),
		"too many requests":  serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded"),
		"a shard that moves": serviceerror.NewUnavailable("shard status unknown"),
		"a query timed out":  serviceerror.NewDeadlineExceeded("query timed out before a worker could process it"),
		"no worker just now": serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down"),
		"update not done":    client.NewWorkflowUpdateServiceTimeoutOrCanceledError(serviceerror.NewDeadlineExceeded("busy")),
	}
}

// On a loaded machine a long-poll was once a 503 after 206 ms, because Temporal had been busy
// for a moment. Every call that involves Temporal retries.
func TestWhatTemporalRefusesForAMomentIsAskedAgain(t *testing.T) {
	order1 := orderPathOf("A-1")
	for name, test := range map[string]struct {
		refused      string // by method of Temporal's client
		method, path string
		body         string
		status       int
	}{
		"finding an order":            {"describe", "GET", order1, "", http.StatusOK},
		"reading an order":            {"query", "GET", order1, "", http.StatusOK},
		"waiting, how it stands":      {"describe", "GET", order1 + "?wait=50ms&after=5", "", http.StatusOK},
		"waiting, its view":           {"query", "GET", order1 + "?wait=50ms&after=5", "", http.StatusOK},
		"waiting, its history":        {"history", "GET", order1 + "?wait=700ms&after=5", "", http.StatusOK},
		"starting an order":           {"start", "POST", "/v1/orders", body(map[string]any{"out_order_no": "B-1"}), http.StatusCreated},
		"starting it again, its text": {"history", "POST", "/v1/orders", body(map[string]any{"out_order_no": "B-2"}), http.StatusOK},
		"commanding an order":         {"update", "POST", order1 + "/refresh", "", http.StatusOK},
		"listing orders":              {"list", "GET", "/v1/orders", "", http.StatusOK},
		"counting orders":             {"count", "GET", "/v1/stats", "", http.StatusOK},
		"listing deliveries":          {"list", "GET", "/v1/deliveries", "", http.StatusOK},
		"replaying a delivery":        {"update", "POST", "/v1/deliveries/" + apiApp + "/n-1/replay", "", http.StatusOK},
		"reading a mini program":      {"query", "GET", miniPath, "", http.StatusOK},
		"importing a token":           {"update", "PUT", miniPath + "/authorization", `{"app_auth_token":"t"}`, http.StatusOK},
		"reading a token":             {"query", "POST", miniPath + "/token", "", http.StatusOK},
	} {
		for what, refusal := range refusalsForAMoment() {
			t.Run(name+": "+what, func(t *testing.T) {
				t.Parallel()
				env := openAPI(t)
				env.anOrder(order.StageAuditing)
				env.aMiniProgram(t)
				env.aDelivery("n-1")
				env.tokens.status = gateway.TokenStatus{Valid: true, AuthAppID: apiMini}
				env.do("POST", "/v1/orders", body(map[string]any{"out_order_no": "B-2"})).want(http.StatusCreated)
				env.within = 20 * time.Second // a caller who has time
				env.temporal.fail(test.refused, refusal, refusal)
				env.do(test.method, test.path, test.body).want(test.status)
				if left := len(env.temporal.failures[test.refused]); left > 0 {
					t.Errorf("it was not asked again: %d refusals are left", left)
				}
			})
		}
	}
}

// A repeated update must be recognisable, or it would act twice.
func TestACommandThatIsSentAgainIsTheSameUpdate(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	tries := 0
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		if tries++; tries < 3 {
			return nil, serviceerror.NewUnavailable("Workflow Update was aborted.")
		}
		return flow.view, nil
	}
	env.do("POST", orderPathOf("A-1")+"/refresh", "").want(http.StatusOK)
	ids := map[string]bool{}
	for _, sent := range env.temporal.updates {
		ids[sent.UpdateID] = true
	}
	if len(env.temporal.updates) != 3 || len(ids) != 1 || ids[""] {
		t.Errorf("%d updates under the ids %v, want three under one", len(env.temporal.updates), ids)
	}
}

// The wait ends in time, however long Temporal is busy.
func TestAWaitEndsInItsTimeThoughTemporalIsBusy(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	env.temporal.down["history"] = serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW, "Workflow is busy.")
	began := time.Now()
	env.do("GET", orderPathOf("A-1")+"?wait=300ms&after=5", "").want(http.StatusOK)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// aMiniProgram adds the mini program with a token.
func (s *apiEnv) aMiniProgram(t *testing.T) *apiFlow {
	t.Helper()
	sealed, err := s.ring.Seal([]byte(canaryToken), apiApp, order.SealToken)
	if err != nil {
		t.Fatal(err)
	}
	id := order.MiniProgramWorkflowID(apiApp, apiMini)
	s.temporal.queryAnswers[id+" "+order.TokenQuery] = &order.Token{Sealed: sealed}
	s.temporal.queryAnswers[id+" "+order.ViewQuery] = order.MiniProgramView{AppID: apiApp, MiniAppID: apiMini, OutOrderNo: "A-1"}
	return s.temporal.addAs(id, order.View{}, order.Request{})
}

// aDelivery adds a message that belongs to no order.
func (s *apiEnv) aDelivery(notifyID string) *apiFlow {
	return s.temporal.addAs(order.DeliveryWorkflowID(apiApp, notifyID), order.View{}, order.Request{})
}
