package alipaysim

import (
	"cmp"
	"slices"
)

// openOrder stores a new creation order under every name it can be found by, and plans
// the merchant's answer.
func (t *tx) openOrder(order *orderRecord) {
	order.OrderNo, order.CreatedAt, order.ChangedAt = t.newOrderNo(), t.Now, t.Now
	t.save(order)
	t.save(&indexRecord{By: byOutOrderNo, Key: order.AppID + "/" + order.OutOrderNo, OrderNo: order.OrderNo})
	t.save(&indexRecord{By: byName, Key: order.AppName, OrderNo: order.OrderNo})
	t.save(&indexRecord{By: byMerchant, Key: string(order.Kind) + "/" + order.MerchantSum, OrderNo: order.OrderNo})
	rule := t.rules().find(order.OutOrderNo, "").Merchant
	if !rule.Quiet {
		t.pushOrder(order)
	}
	if rule.Answer != answerNone {
		t.plan(rule.After, task{Deed: deedMerchant, OrderNo: order.OrderNo, Answer: rule.Answer})
	}
}

// merchantAnswers is the merchant's planned answer to a creation order.
func (t *tx) merchantAnswers(what task) {
	order := &orderRecord{OrderNo: what.OrderNo}
	if t.load(order) {
		to, _ := answered(order.Kind, what.Answer)
		t.moveOrder(order, to) // refused when a person was faster
	}
}

// moveOrder takes an order to a status its life allows, with all that follows:
// the app, its authorisation, the next certification step, and the push. It
// reports false, and does nothing, when the move is not allowed.
func (t *tx) moveOrder(order *orderRecord, to OrderStatus) bool {
	if !slices.Contains(order.Status.next(), to) {
		return false
	}
	order.Status, order.ChangedAt = to, t.Now
	rule := t.rules().find(order.OutOrderNo, order.MiniAppID)
	switch to {
	case Agreed, CreateMiniAppSuccess:
		t.createMini(order)
		if !rule.Authorize.Skip {
			t.plan(rule.Authorize.After, task{Deed: deedAuthorize, MiniAppID: order.MiniAppID})
		}
		t.planCertify(order, rule)
	case CertifySuccess:
		t.certified(order)
	case Cancelled:
		t.deregister(order)
	default: // the rest changes the order alone
	}
	t.save(order)
	t.pushOrder(order)
	return true
}

// createMini makes the mini program of an order.
func (t *tx) createMini(order *orderRecord) {
	order.MiniAppID = t.newMiniAppID()
	t.save(&miniRecord{
		MiniAppID: order.MiniAppID, AppID: order.AppID, OrderNo: order.OrderNo, OutOrderNo: order.OutOrderNo,
		PID: order.PID, Trial: order.Kind == Trial, CreatedAt: t.Now,
		BaseInfo: map[string]string{"app_name": order.AppName},
	})
}

// newMiniAppID returns an app id that no mini program has.
func (t *tx) newMiniAppID() string {
	for {
		id := "2021" + t.digits(12)
		if !t.load(&miniRecord{MiniAppID: id}) || t.failed() {
			return id
		}
	}
}

// newOrderNo returns an order number that no order has: the day and chance.
func (t *tx) newOrderNo() string {
	for {
		number := t.Now.In(beijing()).Format("20060102") + t.digits(16)
		if !t.load(&orderRecord{OrderNo: number}) || t.failed() {
			return number
		}
	}
}

// planCertify plans the trial app's next step towards a formal one.
func (t *tx) planCertify(order *orderRecord, rule Rule) {
	if order.Kind != Trial || order.CertifyStep >= len(rule.Certify) {
		return
	}
	t.plan(rule.Certify[order.CertifyStep].After, task{Deed: deedCertify, OrderNo: order.OrderNo})
}

// certify does the planned step, or leaves out one that a person's decision has
// made impossible, and plans the next.
func (t *tx) certify(what task) {
	order := &orderRecord{OrderNo: what.OrderNo}
	if !t.load(order) {
		return
	}
	rule := t.rules().find(order.OutOrderNo, order.MiniAppID)
	if order.CertifyStep >= len(rule.Certify) {
		return
	}
	status := rule.Certify[order.CertifyStep].Status
	order.CertifyStep++
	if !t.moveOrder(order, status) {
		t.save(order)
	}
	t.planCertify(order, rule)
}

// certified makes the trial app a formal one.
func (t *tx) certified(order *orderRecord) {
	mini := &miniRecord{MiniAppID: order.MiniAppID}
	if t.load(mini) {
		mini.Trial = false
		t.save(mini)
	}
}

// deregister ends the authorisation of a cancelled app; no push tells of it but
// the order's own.
func (t *tx) deregister(order *orderRecord) {
	mini := &miniRecord{MiniAppID: order.MiniAppID}
	if t.load(mini) {
		t.endToken(mini.Token, tokenRevoked)
	}
}

// pushOrder tells the service provider where the order stands.
func (t *tx) pushOrder(order *orderRecord) {
	content := pairs{{"order_no", order.OrderNo}, {"out_order_no", order.OutOrderNo}}
	name := messageConfirmed
	if order.Kind == Trial {
		name = messageFastRegister
		content = append(content, pair{"merchant_app_id", order.MiniAppID}, pair{"status", order.Status},
			pair{"app_name", order.AppName}, pair{"merchant_id", order.PID})
	} else {
		content = append(content, pair{"min_app_id", order.MiniAppID}, pair{"status", order.Status}, pair{"pid", order.PID})
	}
	t.push(message{Name: name, App: order.AppID, OutOrderNo: order.OutOrderNo, MiniAppID: order.MiniAppID, Content: content})
}

// ordersByAge returns every order, the oldest first.
func (t *tx) ordersByAge() []*orderRecord {
	orders := all[orderRecord](t.storeTx, bucketOrders, "")
	slices.SortStableFunc(orders, func(a, b *orderRecord) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.OrderNo, b.OrderNo))
	})
	return orders
}

// orderBy finds an order by one of its other names.
func (t *tx) orderBy(by, key string) (*orderRecord, bool) {
	index := &indexRecord{By: by, Key: key}
	if !t.load(index) {
		return nil, false
	}
	order := &orderRecord{OrderNo: index.OrderNo}
	return order, t.load(order)
}

// holdsName tells whether the order keeps its app's name from others.
func (r *orderRecord) holdsName() bool {
	switch r.Status {
	case Rejected, Timeout, ConfirmTimeout, CreateMiniAppFailed, Cancelled:
		return false
	default:
		return true
	}
}
