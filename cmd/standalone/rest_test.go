package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// problem is an application/problem+json answer.
type problem struct {
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
	if p.Status != status || len(p.Detail) < 20 {
		t.Errorf("the problem does not say enough: %s", r)
	}
	return p
}

// One number is one order: new, the same again in other bytes, another one.
func TestOneNumberIsOneOrder(t *testing.T) {
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

// The list finds orders by what they are, a page at a time, and loses none.
func TestTheListFindsOrders(t *testing.T) {
	s := startStandalone(t, slow...)
	s.rules(quiet())
	var all []string
	for i, no := range []string{"listed-a", "listed-b", "listed-c", "listed-d", "listed-e"} {
		body := s.formal(no)
		if i%2 == 1 {
			body = s.trial(no)
			body["create"].(map[string]any)["uid"] = fmt.Sprintf("208800000000%04d", i)
		}
		body["merchant_ref"] = "m-" + no
		s.place(body)
		all = append(all, no)
	}
	for _, no := range all {
		s.awaitStage(no, order.StageAwaitingMerchant)
	}
	known, _ := s.atAlipay("listed-a")
	s.pushed(confirmed(t, "listed-1", s.answers(known.OrderNo, "REJECTED"), "REJECTED"))
	s.awaitStage("listed-a", order.StageMerchantRejected)

	for filter, want := range map[string][]string{
		"":                                    all,
		"kind=trial":                          {"listed-b", "listed-d"},
		"kind=formal&stage=awaiting_merchant": {"listed-c", "listed-e"},
		"stage=merchant_rejected":             {"listed-a"},
		"merchant_ref=m-listed-d":             {"listed-d"},
		"hold=needs_input":                    nil,
		"since=2020-01-01T00:00:00Z&limit=2":  all,
		"since=2999-01-01T00:00:00Z":          nil,
	} {
		eventually(t, patience, "the list finds what "+filter+" asks for", func() error {
			if got := s.listed(filter); !slices.Equal(got, want) {
				return fmt.Errorf("got %v, want %v", got, want)
			}
			return nil
		})
	}
	refusal(t, s.api(http.MethodGet, "/v1/orders?stag=online", nil), http.StatusUnprocessableEntity)
}

// listed walks the pages of a list and returns the numbers found, each once.
func (s *standalone) listed(filter string) (numbers []string) {
	s.t.Helper()
	type page struct {
		Orders     []map[string]any `json:"orders"`
		NextCursor string           `json:"next_cursor"`
	}
	for cursor := ""; ; {
		got := decode[page](s.t, s.api(http.MethodGet, "/v1/orders?"+filter+cursor, nil), http.StatusOK)
		for _, one := range got.Orders {
			if no := one["out_order_no"].(string); !slices.Contains(numbers, no) {
				numbers = append(numbers, no)
			}
			if _, there := one["timeline"]; there {
				s.t.Error("a list shows a timeline")
			}
		}
		if got.NextCursor == "" {
			slices.Sort(numbers)
			return numbers
		}
		cursor = "&cursor=" + url.QueryEscape(got.NextCursor)
	}
}

// commandBodies are in order by themselves, so that only the situation can refuse a command.
func commandBodies() map[order.Command]any {
	correction := map[string]any{"submission": map[string]any{"app_desc": "示例小店是一家社区餐厅，提供堂食与外带服务。"}}
	return map[order.Command]any{
		order.CommandProvideInput: correction, order.CommandResubmit: correction,
		order.CommandDecideBasePass: map[string]any{"decision": "go_online"}, order.CommandCancel: map[string]any{"reason": "a test"},
		order.CommandGiveUp:  map[string]any{"reason": "a test"},
		order.CommandApprove: nil, order.CommandWithdraw: nil, order.CommandRefresh: nil, order.CommandRetry: nil,
	}
}

// A command that does not fit says why not now, and changes nothing. At every
// stop of this story the order's own list of commands and what it takes agree.
func TestEveryCommandIsRefusedWhereItDoesNotFit(t *testing.T) {
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("commanded")
	refused := map[order.Command]bool{}
	s.wantOthersRefused("commanded", refused)

	agreed := s.answers(waiting.OrderNo, "AGREED")
	s.pushed(confirmed(t, "commanded-1", agreed, "AGREED"))
	s.awaitStage("commanded", order.StageAwaitingAuthorization)
	s.wantOthersRefused("commanded", refused)

	cancelled := s.command("commanded", order.CommandCancel, map[string]any{"reason": "the merchant has closed"})
	if cancelled.status != http.StatusOK {
		t.Fatalf("cancel: %s", cancelled)
	}
	s.awaitStage("commanded", order.StageCancelled)
	s.wantOthersRefused("commanded", refused)
	for _, command := range order.Commands() {
		if !refused[command] {
			t.Errorf("%s was never refused", command)
		}
	}
}

// wantOthersRefused gives the order every command that it does not list.
func (s *standalone) wantOthersRefused(no string, refused map[order.Command]bool) {
	s.t.Helper()
	before := s.view(no)
	for command, body := range commandBodies() {
		if slices.Contains(before.Commands, command) {
			continue
		}
		p := refusal(s.t, s.command(no, command, body), http.StatusConflict)
		if !strings.HasPrefix(p.Detail, string(command)+" is not possible now: ") {
			s.t.Errorf("%s at %s is refused with %q", command, before.Stage, p.Detail)
		}
		refused[command] = true
	}
	if after := s.view(no); after.Sequence != before.Sequence {
		s.t.Errorf("refused commands left something in the timeline of %s: %+v", no, after.Timeline[len(before.Timeline):])
	}
}
