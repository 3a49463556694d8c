package workflows_test

import (
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAnOngoingOrderOfOursIsAdopted: Alipay says that the merchant has an unfinished order. Once its
// order_no is known, from a person or by a message about this order, the order goes on with it, a trial
// too, whose link has not come in many calls; and nothing is created.
func TestAnOngoingOrderOfOursIsAdopted(t *testing.T) {
	for _, kind := range []order.Kind{order.KindFormal, order.KindTrial} {
		for name, brings := range map[string]func(*world){
			"a person": func(w *world) {
				w.command(20*time.Hour, order.CommandProvideInput, order.Instruction{OrderNo: orderNo})
			},
			"a message": func(w *world) { w.send(20*time.Hour, registered(alipay.FastRegisterWaitConfirm)) },
		} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				w := newWorld(t)
				w.input.Request.Kind = kind
				w.platform.verdicts = reviewed
				w.platform.change(func(p *platform) { p.forEver["create"] = refusal(codes.ClassWait, "ONGOING_ORDER_EXIST") })
				w.at(21*time.Hour, agree)
				w.registers(21*time.Hour, alipay.FastRegisterCreated)
				brings(w)
				w.send(22*time.Hour, authorized("T1", w.env.Now()))
				before, after := w.viewAt(19*time.Hour), w.viewAt(20*time.Hour+30*time.Minute)
				view := w.run()
				if before.Hold == nil || before.Hold.Code != "ONGOING_ORDER_EXIST" || after.Stage != order.StageAwaitingMerchant || after.Hold != nil {
					t.Errorf("held by %+v; then %s, held by %+v", before.Hold, after.Stage, after.Hold)
				}
				if view.Stage != order.StageOnline || w.platform.effects["create"] != 0 {
					t.Errorf("ended %s, with %d created", view.Stage, w.platform.effects["create"])
				}
			})
		}
	}
}
