package workflows_test

import (
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// The sequence in a list stood still while the order's own went on: a client that
// compares the two to see whether there is news missed it.
func TestTheSequenceInTheListIsTheOrdersOwn(t *testing.T) {
	w := newWorld(t)
	// News that changes nothing that an order is found by.
	for i := range 3 {
		w.command(time.Minute+time.Duration(i)*time.Second, order.CommandRefresh, order.Instruction{Actor: "ann"})
	}
	var listed, own int
	w.env.RegisterDelayedCallback(func() {
		var view order.View
		answer, err := w.env.QueryWorkflowByID(order.WorkflowID(appID, outNo), order.ViewQuery)
		w.must(err)
		w.must(answer.Get(&view))
		listed, own = w.summary.Sequence, view.Sequence
	}, 70*time.Second)
	w.at(90*time.Second, func(p *platform) { p.merchant = alipay.MerchantRejected })
	w.send(2*time.Minute, confirmed("REJECTED"))
	w.run()
	if listed != own || own < 3 {
		t.Errorf("the list says %d, the order is at %d", listed, own)
	}
}

// listed keeps what a list would show of the order.
func (w *world) listed(memo map[string]any) bool {
	if view, isOrder := memo[order.SummaryMemo].(order.View); isOrder {
		w.summary = view
	}
	w.sweep.listed(memo)
	return true
}
