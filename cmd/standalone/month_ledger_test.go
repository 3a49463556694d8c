package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	historypb "go.temporal.io/api/history/v1"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/order"
)

// weather decides the fate of each order, and what goes wrong with calls.
func (m *month) weather(count int) {
	m.t.Helper()
	hours := func(least, most int) alipaysim.Duration {
		return after(time.Duration(least+m.random.IntN(most-least)) * time.Hour)
	}
	var rules []alipaysim.Rule
	for n := range count {
		rule := alipaysim.Rule{
			OutOrderNo: fmt.Sprintf("month-%03d", n),
			Merchant:   &alipaysim.MerchantRule{Answer: []string{"AGREED", "AGREED", "AGREED", "AGREED", "AGREED", "AGREED", "AGREED", "REJECTED", "TIMEOUT"}[m.random.IntN(9)], After: hours(1, 72)},
			Authorize:  &alipaysim.AuthorizeRule{After: hours(0, 5)},
			Build:      &alipaysim.BuildRule{After: after(time.Minute)}, Scan: &alipaysim.ScanRule{After: after(10 * time.Minute)},
			AutoOnline: &alipaysim.AutoOnlineRule{After: hours(0, 5)},
			Pushes:     &alipaysim.PushRule{Drop: .3, Duplicate: m.random.IntN(3), Shuffle: hours(1, 12), Delay: hours(0, 2)},
			Certify:    []alipaysim.CertifyStep{},
		}
		for range m.random.IntN(3) {
			rule.Audits = append(rule.Audits, alipaysim.AuditRule{Result: []string{"reject", "base_pass"}[m.random.IntN(2)], After: hours(2, 48)})
		}
		rule.Audits = append(rule.Audits, alipaysim.AuditRule{Result: "pass", After: hours(2, 48)})
		if m.random.IntN(5) == 0 {
			rule.Revoke = &alipaysim.RevokeRule{On: []string{"building", "auditing", "rejected", "passed"}[m.random.IntN(4)], After: hours(0, 12), ReauthorizeAfter: hours(4, 48)}
		}
		rules = append(rules, rule)
	}
	m.rules(rules...)
	var faults []alipaysim.Fault
	for n := range count {
		if n%2 == 0 {
			continue
		}
		kinds := []string{alipaysim.FaultDropAfterCommit, alipaysim.FaultDropBefore, alipaysim.FaultHTTPStatus, alipaysim.FaultHalfAnswer,
			alipaysim.FaultUnsigned, alipaysim.FaultBadSignature, alipaysim.FaultRateLimit}
		for range 2 {
			methods := []string{"isv.*create", "version.upload", "version.audit.apply", "version.audited.cancel", "version.online", "version.detail.query"}
			faults = append(faults, alipaysim.Fault{
				Method: "alipay.open.mini." + methods[m.random.IntN(len(methods))], OutOrderNo: fmt.Sprintf("month-%03d", n),
				Kind: kinds[m.random.IntN(len(kinds))], Times: 1 + m.random.IntN(2),
			})
		}
	}
	m.faults(faults...)
}

// judge holds the month against Alipay and the ledger.
func (m *month) judge() {
	m.t.Helper()
	state, calls := m.state(), m.calls()
	ends := map[order.Stage]int{}
	for _, view := range m.ended {
		ends[view.Stage]++
		m.endsAsAlipaySays(view, state)
		m.movesAlongTheTable(view)
	}
	m.onceEach(calls)
	tp := m.temporal()
	made, _ := m.pushes()
	var heard []heardBy
	eventually(m.t, 3*patience, "every message has exactly one disposition", func() (err error) {
		heard, err = m.disposed(tp)
		return err
	})
	known := map[string]bool{}
	for _, h := range heard {
		known[h.key.NotifyID] = true
	}
	acked := 0
	for _, delivery := range made {
		if delivery.Success {
			if acked++; !known[delivery.NotifyID] {
				m.t.Errorf("I1: %s %s was acknowledged and is in no history", delivery.Message, delivery.NotifyID)
			}
		}
	}
	for _, id := range m.forged {
		if known[id] {
			m.t.Errorf("I6: the forged %s is in a history", id)
		}
	}
	m.t.Logf("%d orders ended %v; %d pushes made, %d acknowledged, %d messages in histories, %d forged ones refused; %d calls; people: %v",
		len(m.ended), ends, len(made), acked, len(known), len(m.forged), len(calls), m.did)
}

// endsAsAlipaySays compares an end with what Alipay has.
func (m *month) endsAsAlipaySays(view order.View, state simState) {
	m.t.Helper()
	if err := atalipay.NothingAtWork(view, state); err != nil {
		m.t.Error(err)
	}
	known, _ := find(state, view.OutOrderNo)
	want := map[order.Stage][]alipaysim.OrderStatus{
		order.StageMerchantRejected: {"REJECTED"}, order.StageConfirmTimedOut: {"TIMEOUT", "CONFIRM_TIMEOUT"},
		order.StageOnline: {"AGREED", "CREATE_MINI_APP_SUCCESS"},
	}[view.Stage]
	if !slices.Contains(want, known.Status) {
		m.t.Errorf("%s ended %s (%s), and Alipay's order is %s\n%+v", view.OutOrderNo, view.Stage, view.Reason, known.Status, view.Timeline)
	}
}

// movesAlongTheTable is I4: each change of stage is a row of the table. A timeline that is folded has gaps.
func (m *month) movesAlongTheTable(view order.View) {
	m.t.Helper()
	from, last := order.StageCreating, 0
	for _, item := range view.Timeline {
		gap := item.Sequence != last+1
		last = item.Sequence
		if item.Stage != from && !gap && !slices.ContainsFunc(order.Moves(), func(move order.Move) bool { return move.From == from && move.To == item.Stage }) {
			m.t.Errorf("I4: %s went from %s to %s", view.OutOrderNo, from, item.Stage)
		}
		from = item.Stage
	}
}

// onceEach is I5: one workflow an order, one creation a number, one upload a version.
func (m *month) onceEach(calls []alipaysim.Call) {
	m.t.Helper()
	done := map[string]int{}
	for _, call := range calls {
		if call.Effect && (strings.HasSuffix(call.Method, ".create") || strings.HasSuffix(call.Method, ".upload")) {
			done[call.Method+" "+call.Key]++
		}
	}
	for deed, times := range done {
		if times > 1 {
			m.t.Errorf("I5: %s was done %d times", deed, times)
		}
	}
	runs := map[string]int{}
	for _, run := range m.temporal().executions("WorkflowType = 'Order' AND ExecutionStatus != 'ContinuedAsNew'") {
		runs[run.GetExecution().GetWorkflowId()]++
	}
	for id, times := range runs {
		if times > 1 {
			m.t.Errorf("I5: %s has %d workflows", id, times)
		}
	}
}

// heardBy is a message in the history of a workflow.
type heardBy struct {
	key order.NotificationKey
	by  string
}

// disposed finds every message in every history, and wants I2 and I3: each has one final disposition.
func (m *month) disposed(tp temporal) ([]heardBy, error) {
	m.t.Helper()
	by := map[order.NotificationKey]map[string]bool{}
	for _, run := range tp.executions("WorkflowType IN ('Order', 'MiniProgram', 'Delivery')") {
		id := run.GetExecution().GetWorkflowId()
		for _, event := range tp.history(id, run.GetExecution().GetRunId()).GetEvents() {
			for _, key := range keysIn(event) {
				if by[key] == nil {
					by[key] = map[string]bool{}
				}
				by[key][id] = true
			}
		}
	}
	var all []heardBy
	for key, ids := range by {
		final := map[string]order.Disposition{}
		for id := range ids {
			all = append(all, heardBy{key, id})
			var said order.Disposition
			if strings.HasPrefix(id, "delivery/") {
				said = ask[order.DeliveryView](tp, id, order.ViewQuery).State
			} else {
				said = ask[order.Disposition](tp, id, order.DispositionQuery, key)
			}
			if said.Final() {
				final[id] = said
			}
		}
		if said := slices.Compact(slices.Sorted(maps.Values(final))); len(said) != 1 {
			return nil, fmt.Errorf("%s has %v of %v", key.NotifyID, final, slices.Collect(maps.Keys(ids)))
		}
	}
	return all, nil
}

// keysIn are the messages that an event brings: a signal's, and that with which a Delivery starts.
func keysIn(event *historypb.HistoryEvent) (keys []order.NotificationKey) {
	payloads := event.GetWorkflowExecutionSignaledEventAttributes().GetInput().GetPayloads()
	if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() != order.NotificationSignal {
		payloads = event.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
	}
	for _, payload := range payloads {
		var brought struct {
			order.NotificationKey
			Notification order.NotificationKey `json:"notification"`
		}
		if json.Unmarshal(payload.GetData(), &brought) != nil {
			continue
		}
		for _, key := range []order.NotificationKey{brought.NotificationKey, brought.Notification} {
			if key.NotifyID != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
