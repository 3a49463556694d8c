package activities

import "miniflow/tell"

// Tell tells the webhook of an app of every change, until it is cancelled; then, and after a day, it
// returns the state in which another goes on. It runs on order.WebhookTaskQueue, once for each app.
var Tell = Call[TellCall, tell.State]{Name: "Tell", Kind: KindTell}

// TellCall begins where another call has ended.
type TellCall struct {
	AppID string     `json:"app_id"`
	State tell.State `json:"state"`
}
