package tell

import (
	"time"

	"miniflow/order"
)

// Message is the body of a post, in the layout that the Standard Webhooks specification recommends.
// It carries all events of one order that were not accepted yet, oldest first, and is named after the
// last.
type Message struct {
	Type      string    `json:"type" doc:"The type of the last event." example:"order.stage_changed"`
	Timestamp time.Time `json:"timestamp" doc:"When that happened." example:"2026-11-20T08:00:00Z"`
	Data      Data      `json:"data" doc:"The events, and the order."`
}

// Data is what a message is about. The order is as it stood when it was listed or asked for the
// message, and may be ahead of the last event: its sequence says so.
type Data struct {
	AppID      string `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	OutOrderNo string `json:"out_order_no" doc:"The ISV's own number of the order." example:"shop-7-first"`
	order.ToldEvents
}

// NewMessage puts an order's events into a message and returns its id, which is the last event's.
func NewMessage(told order.ToldEvents) (id string, message Message) {
	last := told.Events[len(told.Events)-1]
	told.Order.Execution = order.ExecutionRunning // an order that is stopped tells of nothing
	told.Order.Timeline = nil                     // a backend has the events
	return last.ID, Message{
		Type: last.Type, Timestamp: last.At, Data: Data{AppID: told.Order.AppID, OutOrderNo: told.Order.OutOrderNo, ToldEvents: told},
	}
}
