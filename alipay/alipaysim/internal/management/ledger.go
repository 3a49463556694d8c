package management

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// viewDeliveries is GET /sim/v1/deliveries: every attempt made (?after=seq), every
// message with its fate, and what is still owed, so that a receiver's own count can be
// held against it.
func (a *API) viewDeliveries(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = a.World.Look(func(t *world.Tx) {
		made := slices.DeleteFunc(t.Deliveries(), func(d *world.Delivery) bool { return d.Seq <= after })
		messages := []wire.Object{}
		for _, m := range t.Messages() {
			messages = append(messages, wire.Object{{"notify_id", m.NotifyID}, {"app_id", m.AppID}, {"message", m.Name}, {"channel", cmp.Or(m.Channel, account.ChannelHTTP)}, {"fate", m.Fate},
				{"out_order_no", m.OutOrderNo}, {"mini_app_id", m.MiniAppID}, {"created_at", m.CreatedAt}})
		}
		body = wire.Object{{"deliveries", orEmpty(made)}, {"messages", messages}, {"owed", owedView(t)}}
	})
	return body, err
}

func owedView(t *world.Tx) []wire.Object {
	list := []wire.Object{}
	for _, channel := range []string{account.ChannelHTTP, account.ChannelWebSocket} {
		for key := range t.OwedKeys(channel) {
			owed, _ := t.Owed(channel, key) // the keys are of this transaction
			message := &world.Message{Key: owed.Key}
			t.Load(message)
			list = append(list, wire.Object{{"notify_id", message.NotifyID}, {"attempt", owed.Attempt}, {"copy", owed.Copy}, {"due", world.DueTime(key).UTC()}})
		}
	}
	return list
}

// viewCalls is GET /sim/v1/calls: every call that reached the gateway (?after=seq),
// those that were refused too.
func (a *API) viewCalls(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = a.World.Look(func(t *world.Tx) {
		calls := slices.DeleteFunc(t.Calls(), func(c *world.Call) bool { return c.Seq <= after })
		body = wire.Object{{"calls", orEmpty(calls)}, {"now", t.Now.UTC().Format(time.RFC3339Nano)}}
	})
	return body, err
}

// afterOf reads ?after, by which a client that asks time and again gets only what is
// new to it.
func afterOf(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, problem.Refuse(http.StatusBadRequest, "after is %q; use the seq of the last entry you have", text)
	}
	return after, nil
}

// orEmpty has an empty list written as []: null is no list to clients in other
// languages.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
