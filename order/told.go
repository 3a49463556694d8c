package order

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"miniflow/words"
)

// What is told to the ISV's backend: the things on an order's timeline that a backend acts on. The
// rest is there for people.

// ToldTypes are the types of events about orders that a backend can be told, in the order in which
// documents list them.
func ToldTypes() []string {
	return []string{
		HappenedStageChanged, HappenedMerchantNeeded, HappenedAttentionNeeded, HappenedAttentionCleared,
		HappenedAuthorizationChanged, HappenedFinished,
	}
}

// ToldEvent is one event about an order, as backends get it. Its JSON is a promise, as [View]'s is.
type ToldEvent struct {
	ID         string     `json:"id" doc:"The same each time the event is sent: a receiver drops what it has seen. Its form is no promise." example:"evt_2021000000000000_shop-7-first_17_t3mjk0"`
	Type       string     `json:"type" enum:"order.stage_changed,merchant.action_needed,order.attention_needed,order.attention_cleared,mini_program.authorization_changed,order.finished" doc:"What happened." example:"order.stage_changed"`
	AppID      string     `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	OutOrderNo string     `json:"out_order_no" doc:"The ISV's own number of the order." example:"shop-7-first"`
	Sequence   int        `json:"sequence" doc:"Its number on the order's timeline." example:"17"`
	Previous   int        `json:"previous" doc:"The number of the event before it, 0 for the first: a receiver that has not seen that one has missed something." example:"15"`
	At         time.Time  `json:"at" doc:"When it happened." example:"2026-11-20T08:00:00Z"`
	Stage      Stage      `json:"stage" doc:"Where the order stood then; of order.finished the end, of which online is the one success." example:"auditing"`
	Hold       HoldKind   `json:"hold,omitempty" doc:"The hold that began, or ended." example:"needs_input"`
	Code       string     `json:"code,omitempty" doc:"The code of the hold that began." example:"LOGO_IS_BLANK"`
	Note       words.Text `json:"note,omitzero" doc:"One sentence for people." example:"in audit"`
	// Task and what follows are set of merchant.action_needed.
	Task     MerchantTask `json:"task,omitempty" enum:"confirm,authorize,appeal,certify,hand_in,file" doc:"What the merchant has to do." example:"confirm"`
	Reminder int          `json:"reminder,omitempty" doc:"1 for the first reminder, left out of the event that asks first." example:"1"`
	Link     string       `json:"link,omitempty" doc:"A page for the merchant, without login. It lives 30 days from the event; left out without public_url or a sealing key." example:"https://miniflow.example.com/m/2gWLoIKW3Kc9p0dQmGh7RzA"`
	SMS      string       `json:"sms,omitempty" doc:"The text of an SMS with the link, in Chinese, at most 70 characters, without a sender's signature; left out where the link is too long for one." example:"巷口小面：请打开支付宝确认小程序 https://miniflow.example.com/m/2gWLoIKW3Kc9p0dQmGh7RzA"`
}

// EventsAsked says which of an order's events are wanted: those after a sequence and after a moment,
// of these types; no types are all.
type EventsAsked struct {
	After int       `json:"after,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Types []string  `json:"types,omitempty"`
}

// ToldEvents are events of an order, oldest first, and the order as it stands. Its sequence is the
// timeline's, and may be ahead of the last event's.
type ToldEvents struct {
	Events []ToldEvent `json:"events" doc:"What happened, oldest first."`
	Order  View        `json:"order" doc:"The order as it stands now."`
}

// EventsOf picks events from a view's timeline. folded holds, for each type, the last sequence that
// was folded away from it, so that an event after a fold still names the one before it.
func EventsOf(view View, folded map[string]int, asked EventsAsked) ToldEvents {
	types := asked.Types
	if len(types) == 0 {
		types = ToldTypes()
	}
	found, previous, before := []ToldEvent{}, 0, 0
	for _, item := range view.Timeline {
		if item.Sequence > before+1 { // the fold is here
			for _, one := range types {
				previous = max(previous, folded[one])
			}
		}
		before = item.Sequence
		if !slices.Contains(types, item.Event) {
			continue
		}
		if item.Sequence > asked.After && item.At.After(asked.Since) {
			found = append(found, ToldEvent{
				ID: eventID(view, item), Type: item.Event, AppID: view.AppID, OutOrderNo: view.OutOrderNo,
				Sequence: item.Sequence, Previous: previous, At: item.At, Stage: item.Stage, Hold: item.Hold, Code: item.Code, Note: item.Note,
				Task: item.Task, Reminder: item.Reminder,
			})
		}
		previous = item.Sequence
	}
	return ToldEvents{Events: found, Order: view}
}

// eventID is made of what an event is, so that it is the same whoever sends it, and however often.
// After a reset in Temporal a sequence number stands for something else, which its time tells apart.
func eventID(view View, item TimelineItem) string {
	return fmt.Sprintf("evt_%s_%s_%d_%s", PlainID(view.AppID), view.OutOrderNo, item.Sequence, strconv.FormatInt(item.At.UnixMilli(), 36))
}
