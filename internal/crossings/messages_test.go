package crossings

import (
	"slices"

	"miniflow/order"
)

// dispositions returns the final ones of a message, by who gave them, and those that are not
// final.
func (l *life) dispositions(n order.Notification) (finals, others map[string]order.Disposition) {
	finals, others = map[string]order.Disposition{}, map[string]order.Disposition{}
	note := func(who string, d order.Disposition) {
		if d.Final() {
			finals[who] = d
		} else if d != "" {
			others[who] = d
		}
	}
	ask := func(who, id string) {
		if value, err := l.e.query(id, order.DispositionQuery, n.NotificationKey); err == nil {
			var d order.Disposition
			if value.Get(&d) == nil && d != order.DispositionConflict { // other content than they know: its delivery decides
				note(who, d)
			}
		}
	}
	ask("order", l.orderID())
	for id, x := range l.e.executions {
		if x.kind == order.MiniProgramWorkflowType {
			ask("entity", id)
		}
	}
	for _, id := range []string{order.DeliveryWorkflowID(appID, n.NotifyID), order.ConflictWorkflowID(n.NotificationKey)} {
		input, ours := l.deliveryInput(id)
		if !ours || input.Notification.Digest != n.Digest {
			continue
		}
		if value, err := l.e.query(id, order.ViewQuery); err == nil {
			var view order.DeliveryView
			if value.Get(&view) == nil {
				note("delivery", view.State)
			}
		}
	}
	if len(finals)+len(others) == 0 { // the running workflows don't know it
		note("a closed run", l.closedSaid[n.NotificationKey])
	}
	return finals, others
}

func (l *life) deliveryInput(id string) (order.DeliveryInput, bool) {
	x := l.e.executions[id]
	if x == nil {
		return order.DeliveryInput{}, false
	}
	input, ok := x.input.(order.DeliveryInput)
	return input, ok
}

// rememberDispositions keeps a closed mini program's dispositions, because the next workflow
// of its id doesn't know them.
func (l *life) rememberDispositions(x *execution) {
	if l.closedSaid == nil {
		l.closedSaid = map[order.NotificationKey]order.Disposition{}
	}
	for _, n := range l.accepted {
		value, err := l.e.query(x.id, order.DispositionQuery, n.NotificationKey)
		var d order.Disposition
		if err == nil && value.Get(&d) == nil && d.Final() && d != order.DispositionConflict {
			l.closedSaid[n.NotificationKey] = d
		}
	}
}

// someWait reports whether a message is still without a final disposition.
func (l *life) someWait() bool {
	for _, n := range l.accepted {
		if finals, _ := l.dispositions(n); len(finals) == 0 {
			return true
		}
	}
	return false
}

// checkMessages checks that every accepted message has exactly one final disposition.
func (l *life) checkMessages(view order.View, add func(string, string, ...any)) {
	if l.stuck || l.loops {
		return
	}
	seen := map[order.NotificationKey]bool{}
	for _, n := range l.accepted {
		if seen[n.NotificationKey] {
			continue
		}
		seen[n.NotificationKey] = true
		finals, others := l.dispositions(n)
		if len(finals) == 0 {
			add(mustHaveDisposition, "%s has none; %v", described(n), others)
			continue
		}
		delivered, kept := finals["delivery"]
		delete(finals, "delivery")
		if len(finals) > 1 || len(others) > 0 {
			add(mustHaveDisposition, "%s has several: %v %v", described(n), finals, others)
		}
		for who, d := range finals {
			if kept && d != delivered && delivered != order.DispositionDuplicate {
				add(mustHaveDisposition, "%s is %s to the %s and %s to its delivery", described(n), d, who, delivered)
			}
		}
	}
	finals := map[string]int{}
	for _, item := range view.Timeline {
		if item.NotifyID != "" && item.Disposition.Final() && item.Disposition != order.DispositionConflict {
			if finals[item.NotifyID]++; finals[item.NotifyID] > 1 {
				add(mustHaveDisposition, "%s stands twice on the timeline", item.NotifyID)
			}
		}
	}
}

// checkEntity compares the mini program's own view with the order's end and Alipay's state.
func (l *life) checkEntity(view order.View, add func(string, string, ...any)) {
	mini := l.truth().mini()
	if mini == nil || l.stuck || l.loops {
		return
	}
	var entity order.MiniProgramView
	value, err := l.e.query(order.MiniProgramWorkflowID(appID, mini.MiniAppID), order.ViewQuery)
	if err != nil || value.Get(&entity) != nil {
		return // it didn't need to know
	}
	if entity.OutOrderNo == outNo {
		add(mustReachEntity, "it still has the order in charge, which ended %s", view.Stage)
	}
	if view.Stage == order.StageOnline && (entity.Online == nil || entity.Online.AppVersion != view.Version.AppVersion) {
		add(mustReachEntity, "version %s is online and it knows %+v", view.Version.AppVersion, entity.Online)
	}
	token, _ := l.token(mini.MiniAppID)
	came := slices.ContainsFunc(l.accepted, func(n order.Notification) bool {
		return n.Evidence.Token != nil && n.Evidence.Token.Fingerprint == order.Fingerprint(token)
	})
	if mini.authorized() && came && (entity.Authorization == order.AuthorizationRevoked || entity.Authorization == order.AuthorizationNone) {
		add(mustKeepToken, "Alipay calls the token valid, it has come, and the mini program is %s", entity.Authorization)
	}
}
