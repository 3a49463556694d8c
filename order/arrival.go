package order

import "time"

// Arrival is a message as a door has taken it, or has not: what its log line says, for people who
// look on. What became of the message afterwards its order's timeline says, or its delivery.
type Arrival struct {
	Sequence    uint64      `json:"sequence" doc:"Numbers of this process; they begin again when it starts." example:"17"`
	At          time.Time   `json:"at" doc:"When it was answered." example:"2026-11-20T08:00:00Z"`
	AppID       string      `json:"app_id" doc:"The third-party application that it names." example:"2021000000000000"`
	NotifyID    string      `json:"notify_id,omitempty" doc:"Alipay's id of the message." example:"2026112000222080000000000000000000"`
	Name        string      `json:"name,omitempty" doc:"Its name; empty where it did not verify." example:"alipay.open.mini.version.audit.passed"`
	Channel     string      `json:"channel" doc:"http or websocket." example:"http"`
	Disposition Disposition `json:"disposition,omitempty" doc:"What was known of it at once: waiting was accepted, and its order decides. Empty where it was not accepted." example:"waiting"`
	Reason      string      `json:"reason,omitempty" doc:"Why it was not accepted, as in the log and the metrics." example:"signature"`
	OutOrderNo  string      `json:"out_order_no,omitempty" doc:"The order that it names." example:"shop-7-first"`
	MiniAppID   string      `json:"mini_app_id,omitempty" doc:"The mini program that it names." example:"2021999999999999"`
	Duration    float64     `json:"duration_seconds" doc:"From the message that is read whole to its answer." example:"0.004"`
}
