package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"miniflow/order"
)

// The list finds orders by what they are, a page at a time, and loses none.
func TestTheListFindsOrders(t *testing.T) {
	t.Parallel()
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
		order.CommandGiveUp: map[string]any{"reason": "a test"},
		order.CommandCertify: map[string]any{"create": map[string]any{
			"alipay_account": "shop@example.com", "cert_name": "示例餐饮有限公司", "cert_no": "91330000000000000X", "contact_name": "联系人",
			"contact_phone": "13800000000", "legal_personal_name": "法人",
		}},
		order.CommandApprove: nil, order.CommandWithdraw: nil, order.CommandRefresh: nil, order.CommandRetry: nil,
	}
}

// A command that does not fit says why not now, and changes nothing. At every
// stop of this story the order's own list of commands and what it takes agree.
func TestEveryCommandIsRefusedWhereItDoesNotFit(t *testing.T) {
	t.Parallel()
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
