package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// problem is an application/problem+json answer.
type problem struct {
	Type   string `json:"type"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// refusal reads a problem, whose status has to be as wanted and whose words have
// to say what to do.
func refusal(t *testing.T, r reply, status int) problem {
	t.Helper()
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("a refusal of type %s: %s", got, r)
	}
	p := decode[problem](t, r, status)
	if !strings.HasPrefix(p.Type, "/problems/") || p.Status != status || len(p.Detail) < 20 {
		t.Errorf("the problem does not say enough: %s", r)
	}
	return p
}

// One number is one order: new, the same again in other bytes, another one.
func TestOneNumberIsOneOrder(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	body := s.formal("numbered")
	answer := s.api(http.MethodPost, "/v1/orders", body)
	first := decode[order.View](t, answer, http.StatusCreated)
	if got := answer.header.Get("Location"); got != orderPath("numbered") {
		t.Errorf("Location is %q, want %q", got, orderPath("numbered"))
	}
	s.awaitStage("numbered", order.StageAwaitingMerchant)

	compact, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, compact, "", "\t"); err != nil {
		t.Fatal(err)
	}
	again := decode[order.View](t, s.api(http.MethodPost, "/v1/orders", json.RawMessage(spaced.Bytes())), http.StatusOK)
	if !again.CreatedAt.Equal(first.CreatedAt) || again.Links.TemporalUI != first.Links.TemporalUI {
		t.Errorf("the same order again is another one: %+v", again)
	}
	other := maps.Clone(body)
	other["merchant_ref"] = "somebody else"
	refusal(t, s.api(http.MethodPost, "/v1/orders", other), http.StatusConflict)
	creates := 0
	for _, call := range s.calls() {
		if call.Method == "alipay.open.mini.isv.create" {
			creates++
		}
	}
	if creates != 1 {
		t.Errorf("create was called %d times, want once", creates)
	}
}

func TestEveryBadFieldIsNamedAndNothingIsDone(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	body := s.formal("wrong")
	body["kind"] = "formel"
	body["version"] = map[string]any{}
	body["submission"].(map[string]any)["region_type"] = "EUROPE"
	delete(body["create"].(map[string]any), "cert_no")
	body["polcy"] = map[string]any{}
	problem := refusal(t, s.api(http.MethodPost, "/v1/orders", body), http.StatusUnprocessableEntity)
	named := map[string]bool{}
	for _, bad := range problem.Errors {
		named[bad.Field] = true
		if bad.Message == "" {
			t.Errorf("%s is bad, and nothing says why", bad.Field)
		}
	}
	for _, field := range []string{"kind", "version.template_id", "submission.region_type", "create.cert_no", "polcy"} {
		if !named[field] {
			t.Errorf("%s is not named: %+v", field, problem.Errors)
		}
	}
	refusal(t, s.api(http.MethodGet, orderPath("wrong"), nil), http.StatusNotFound)
	refusal(t, s.api(http.MethodPost, orderPath("wrong")+"/refresh", nil), http.StatusNotFound)
	refusal(t, s.api(http.MethodGet, "/v1/orders", nil, "Authorization", "Bearer another key"), http.StatusUnauthorized)
	if calls := s.calls(); len(calls) != 0 {
		t.Errorf("Alipay was called: %+v", calls)
	}
}

// A long-poll waits, and no longer than until there is news.
func TestALongPollReturnsWithTheNews(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("polled")
	known := s.view("polled").Sequence
	if got := s.longPoll("700ms", known); got.sequence(t) != known || got.took < 700*time.Millisecond {
		t.Errorf("without news it answered sequence %d after %s, want %d after its time", got.sequence(t), got.took, known)
	}
	if got := s.longPoll("50s", known-1); got.took > 20*time.Second {
		t.Errorf("what is news already took %s", got.took)
	}

	news := make(chan polled, 1)
	go func() { news <- s.longPoll("50s", known) }()
	s.pushed(confirmed(t, "polled-1", s.answers(waiting.OrderNo, "REJECTED"), "REJECTED"))
	if got := <-news; got.sequence(t) <= known || got.took > 40*time.Second {
		t.Errorf("with news it answered sequence %d after %s, want more than %d at once", got.sequence(t), got.took, known)
	}
	s.awaitStage("polled", order.StageMerchantRejected)
	if got := s.longPoll("50s", 1<<20); got.took > 20*time.Second {
		t.Errorf("an order that has ended has no more news, and was waited for %s", got.took)
	}
}

// polled is the answer to a long-poll and the time that it took.
type polled struct {
	answer reply
	err    error
	took   time.Duration
}

func (p polled) sequence(t *testing.T) int {
	t.Helper()
	if p.err != nil {
		t.Fatal(p.err)
	}
	return decode[order.View](t, p.answer, http.StatusOK).Sequence
}

// longPoll asks for the order's news after a sequence. It may run beside the test.
func (s *standalone) longPoll(wait string, after int) polled {
	began := time.Now()
	answer, err := s.ask(http.MethodGet, fmt.Sprintf("%s?wait=%s&after=%d", orderPath("polled"), wait, after), nil)
	return polled{answer, err, time.Since(began)}
}
