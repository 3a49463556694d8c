package world

import (
	"cmp"
	"slices"

	"miniflow/alipay/alipaysim/internal/store"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// OpenOrder stores a new creation order under every name it can be found by, because
// the next create is refused by number, merchant or name. It plans the merchant's
// answer.
func (t *Tx) OpenOrder(order *Order) {
	order.OrderNo, order.CreatedAt, order.ChangedAt = t.newOrderNo(), t.Now, t.Now
	t.Save(order)
	t.Save(&index{By: ByOutOrderNo, Key: order.AppID + "/" + order.OutOrderNo, OrderNo: order.OrderNo})
	t.Save(&index{By: ByName, Key: order.AppName, OrderNo: order.OrderNo})
	t.Save(&index{By: ByMerchant, Key: string(order.Kind) + "/" + order.MerchantSum, OrderNo: order.OrderNo})
	rule := t.Rules().Find(order.OutOrderNo, "").Merchant
	if !rule.Quiet {
		t.pushOrder(order)
	}
	if rule.Answer != lifecycle.AnswerNone {
		t.plan(rule.After, Task{Deed: deedMerchant, OrderNo: order.OrderNo, Answer: rule.Answer})
	}
}

func (t *Tx) merchantAnswers(what Task) {
	order := &Order{OrderNo: what.OrderNo}
	if t.Load(order) {
		to, _ := lifecycle.Answered(order.Kind, what.Answer)
		t.MoveOrder(order, to) // refused when a person was faster
	}
}

// MoveOrder takes an order to a status its life allows, with all that follows:
// the app, its authorisation, the next certification step, and the push. It
// reports false, and does nothing, when the move is not allowed.
func (t *Tx) MoveOrder(order *Order, to lifecycle.OrderStatus) bool {
	if !slices.Contains(order.Status.Next(), to) {
		return false
	}
	order.Status, order.ChangedAt = to, t.Now
	rule := t.Rules().Find(order.OutOrderNo, order.MiniAppID)
	switch to {
	case lifecycle.Agreed, lifecycle.CreateMiniAppSuccess:
		t.createMini(order)
		if !rule.Authorize.Skip {
			t.plan(rule.Authorize.After, Task{Deed: deedAuthorize, MiniAppID: order.MiniAppID})
		}
		if !rule.CertifyOnRequest {
			t.planCertify(order, rule)
		}
	case lifecycle.CertifySuccess:
		t.certified(order)
	case lifecycle.Cancelled:
		t.deregister(order)
	default: // the rest changes the order alone
	}
	t.Save(order)
	t.pushOrder(order)
	return true
}

// createMini copies the order's numbers into the mini program: rules and messages go by
// them for the rest of its life.
func (t *Tx) createMini(order *Order) {
	order.MiniAppID = t.NewMiniAppID()
	t.Save(&Mini{
		MiniAppID: order.MiniAppID, AppID: order.AppID, OrderNo: order.OrderNo, OutOrderNo: order.OutOrderNo,
		PID: order.PID, Trial: order.Kind == lifecycle.Trial, CreatedAt: t.Now,
		BaseInfo: map[string]string{"app_name": order.AppName},
	})
}

// NewMiniAppID returns an app id that no mini program has, in the shape of the
// platform's: 2021 and twelve digits.
func (t *Tx) NewMiniAppID() string {
	for {
		id := "2021" + t.Digits(12)
		if !t.Load(&Mini{MiniAppID: id}) || t.Failed() {
			return id
		}
	}
}

// newOrderNo returns an order number that no order has. It begins with the day, as the
// platform's numbers do.
func (t *Tx) newOrderNo() string {
	for {
		number := t.Now.In(wire.Beijing()).Format("20060102") + t.Digits(16)
		if !t.Load(&Order{OrderNo: number}) || t.Failed() {
			return number
		}
	}
}

// planCertify plans one step at a time, because a person may move the order in between.
func (t *Tx) planCertify(order *Order, rule script.Rule) {
	if order.Kind != lifecycle.Trial || order.CertifyStep >= len(rule.Certify) {
		return
	}
	t.plan(rule.Certify[order.CertifyStep].After, Task{Deed: deedCertify, OrderNo: order.OrderNo})
}

// RequestCertification begins the steps towards a formal app, again where they have failed. It reports
// false, and does nothing, where they are under way or over.
func (t *Tx) RequestCertification(order *Order) bool {
	rule := t.Rules().Find(order.OutOrderNo, order.MiniAppID)
	if failed := order.Status == lifecycle.CertifyFailed; !failed && (order.Status != lifecycle.CreateMiniAppSuccess || order.CertifyAsked) {
		return false
	}
	order.CertifyAsked, order.CertifyStep = true, 0
	t.Save(order)
	if rule.CertifyOnRequest {
		t.planCertify(order, rule)
	}
	return true
}

// certify does the planned step, or leaves out one that a person's decision has
// made impossible, and plans the next.
func (t *Tx) certify(what Task) {
	order := &Order{OrderNo: what.OrderNo}
	if !t.Load(order) {
		return
	}
	rule := t.Rules().Find(order.OutOrderNo, order.MiniAppID)
	if order.CertifyStep >= len(rule.Certify) {
		return
	}
	status := rule.Certify[order.CertifyStep].Status
	order.CertifyStep++
	if !t.MoveOrder(order, status) {
		t.Save(order)
	}
	t.planCertify(order, rule)
}

// certified makes the trial app a formal one, which a rule may ask for before an audit.
func (t *Tx) certified(order *Order) {
	mini := &Mini{MiniAppID: order.MiniAppID}
	if t.Load(mini) {
		mini.Trial = false
		t.Save(mini)
	}
}

// deregister ends the authorisation of a cancelled app; no push follows but
// the order's own.
func (t *Tx) deregister(order *Order) {
	mini := &Mini{MiniAppID: order.MiniAppID}
	if t.Load(mini) {
		t.endToken(mini.Token, TokenRevoked)
	}
}

// pushOrder pushes where the order stands. The platform has a message for each kind,
// with other names for the same things.
func (t *Tx) pushOrder(order *Order) {
	content := wire.Object{{"order_no", order.OrderNo}, {"out_order_no", order.OutOrderNo}}
	name := lifecycle.MessageConfirmed
	if order.Kind == lifecycle.Trial {
		name = lifecycle.MessageFastRegister
		content = append(content, wire.Member{"merchant_app_id", order.MiniAppID}, wire.Member{"status", order.Status},
			wire.Member{"app_name", order.AppName}, wire.Member{"merchant_id", order.PID})
	} else {
		content = append(content, wire.Member{"min_app_id", order.MiniAppID}, wire.Member{"status", order.Status}, wire.Member{"pid", order.PID})
	}
	t.Push(Push{Name: name, App: order.AppID, OutOrderNo: order.OutOrderNo, MiniAppID: order.MiniAppID, Content: content})
}

// OrdersByAge returns every order, the oldest first. Of one moment the number decides,
// so that the list is the same each time.
func (t *Tx) OrdersByAge() []*Order {
	orders := store.All[Order](t.Tx, bucketOrders, "")
	slices.SortStableFunc(orders, func(a, b *Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.OrderNo, b.OrderNo))
	})
	return orders
}

// OrderBy finds an order by one of its other names, of several the last that took it.
func (t *Tx) OrderBy(by, key string) (*Order, bool) {
	found := &index{By: by, Key: key}
	if !t.Load(found) {
		return nil, false
	}
	order := &Order{OrderNo: found.OrderNo}
	return order, t.Load(order)
}

// HoldsName reports whether the order keeps its app's name from others. One that came
// to nothing has given it back.
func (r *Order) HoldsName() bool {
	switch r.Status {
	case lifecycle.Rejected, lifecycle.Timeout, lifecycle.ConfirmTimeout, lifecycle.CreateMiniAppFailed, lifecycle.Cancelled:
		return false
	default:
		return true
	}
}
