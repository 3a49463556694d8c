package alipaysim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// viewDeliveries is GET /sim/v1/deliveries: every attempt made (?after=seq), every
// message with its fate, and what is still owed.
func (a *api) viewDeliveries(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = a.World.look(func(t *tx) {
		made := slices.DeleteFunc(t.deliveries(), func(d *Delivery) bool { return d.Seq <= after })
		messages := []pairs{}
		for _, m := range t.messages() {
			messages = append(messages, pairs{{"notify_id", m.NotifyID}, {"app_id", m.AppID}, {"message", m.Name}, {"channel", cmp.Or(m.Channel, channelHTTP)}, {"fate", m.Fate},
				{"out_order_no", m.OutOrderNo}, {"mini_app_id", m.MiniAppID}, {"created_at", m.CreatedAt}})
		}
		body = pairs{{"deliveries", orEmpty(made)}, {"messages", messages}, {"owed", owedView(t)}}
	})
	return body, err
}

func owedView(t *tx) []pairs {
	list := []pairs{}
	for _, channel := range []string{channelHTTP, channelWebSocket} {
		for key := range t.owedKeys(channel) {
			if owed, message, ok := t.owed(channel, key); ok {
				list = append(list, pairs{{"notify_id", message.NotifyID}, {"attempt", owed.Attempt}, {"copy", owed.Copy}, {"due", dueTime(key).UTC()}})
			}
		}
	}
	return list
}

// viewCalls is GET /sim/v1/calls: every call that reached the gateway (?after=seq).
func (a *api) viewCalls(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = a.World.look(func(t *tx) {
		calls := slices.DeleteFunc(t.calls(), func(c *Call) bool { return c.Seq <= after })
		body = pairs{{"calls", orEmpty(calls)}, {"now", t.Now.UTC().Format(time.RFC3339Nano)}}
	})
	return body, err
}

// afterOf reads ?after, the seq from which on a list is wanted.
func afterOf(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, refused(http.StatusBadRequest, "after is %q; use the seq of the last entry you have", text)
	}
	return after, nil
}

// orEmpty makes a list that is written as [] when there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
