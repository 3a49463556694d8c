package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestACreateThatHasEndedUnseen: Alipay says that the order has ended, and no answer has brought its
// order_no. A person, or a message, brings it; nothing is created meanwhile, and the platform's own
// answer about the order decides.
func TestACreateThatHasEndedUnseen(t *testing.T) {
	for name, c := range map[string]struct {
		kind order.Kind
		then func(*world)
		want order.Stage
		// calls of create: a trial's link comes with no other, so a person's number asks for it once more
		calls int
	}{
		"a person has the number": {order.KindFormal, func(w *world) {
			w.command(20*time.Hour, order.CommandProvideInput, order.Instruction{OrderNo: orderNo})
		}, order.StageOnline, 2},
		"a message brings it": {order.KindFormal, func(w *world) { w.send(20*time.Hour, confirmed("AGREED")) }, order.StageOnline, 2},
		"a message of a trial": {order.KindTrial, func(w *world) {
			w.send(20*time.Hour, registered(alipay.FastRegisterCreated))
		}, order.StageOnline, 2},
		"a person gives it up": {order.KindFormal, func(w *world) {
			w.command(20*time.Hour, order.CommandCancel, order.Instruction{})
		}, order.StageCancelled, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.input.Request.Kind = c.kind
			w.platform.verdicts = reviewed
			w.platform.lose("create", 0)
			w.platform.refuse("create", nil, refusal(codes.ClassQuery, "ORDER_FINISHED"), refusal(codes.ClassQuery, "ORDER_FINISHED"))
			w.at(time.Minute, agree)
			w.registers(time.Minute, alipay.FastRegisterCreated)
			c.then(w)
			w.send(21*time.Hour, authorized("T1", w.env.Now()))
			held := w.viewAt(19 * time.Hour)
			view := w.run()
			if held.Stage != order.StageCreating || held.Hold == nil || held.Hold.Kind != order.HoldNeedsInput ||
				strings.Join(held.Hold.Fields, " ") != "order_no" || w.platform.calls["create"] != c.calls {
				t.Errorf("%s, held by %+v, after %d calls", held.Stage, held.Hold, w.platform.calls["create"])
			}
			if view.Stage != c.want {
				t.Errorf("ended %s", view.Stage)
			}
			if view.Stage == order.StageCancelled && !strings.Contains(view.Reason.String(), "may have created it") {
				t.Errorf("ended for the reason %q", view.Reason)
			}
		})
	}
}
