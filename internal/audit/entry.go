package audit

import (
	"slices"
	"strings"
	"time"
)

// Outcome is what came of an action.
type Outcome string

const (
	// Done means that it was carried out, or asked for.
	Done Outcome = "done"
	// Refused means that it was not allowed or not possible, and nothing was done.
	Refused Outcome = "refused"
	// Failed means that something broke, and it may have been done.
	Failed Outcome = "failed"
)

// Entry is one thing that somebody did or was refused. It never holds a secret or people's data.
type Entry struct {
	// At is when; zero means now.
	At time.Time
	// Who is the person's name, or the key's; Role is empty for a key.
	Who, Role, Address string
	// Actor is whom a backend has named as acting, with its key.
	Actor string
	// Action is the operation's id in the API's description, or what the console calls it: log-in.
	Action  string
	Outcome Outcome
	// Problem is the kind of the refusal or failure.
	Problem string
	Detail  Detail
}

// Detail is what an action was about. It is what [Log.Erase] erases.
type Detail struct {
	AppID       string `json:"app_id,omitempty"`
	OutOrderNo  string `json:"out_order_no,omitempty"`
	NotifyID    string `json:"notify_id,omitempty"`
	MiniAppID   string `json:"mini_app_id,omitempty"`
	MerchantRef string `json:"merchant_ref,omitempty"`
	RolloutID   string `json:"rollout_id,omitempty"`
	Before      *State `json:"before,omitempty"`
	After       *State `json:"after,omitempty"`
	// Revealed names what was shown that is masked else, such as content or app_auth_token.
	Revealed []string `json:"revealed,omitempty"`
}

// State is how an order or a message stood.
type State struct {
	Stage    string `json:"stage,omitempty"`
	Hold     string `json:"hold,omitempty"`
	Sequence int    `json:"sequence,omitempty"`
	// State is a message's, or a rollout's.
	State string `json:"state,omitempty"`
}

// About reports whether the detail names an object: an order's number, a message, a mini program, a
// merchant or a rollout.
func (d Detail) About(object string) bool {
	return slices.Contains([]string{d.OutOrderNo, d.NotifyID, d.MiniAppID, d.MerchantRef, d.RolloutID}, object)
}

// Record is an entry as it was read.
type Record struct {
	Entry
	// Chain names the process that wrote it, and Sequence its place there.
	Chain    string
	Sequence uint64
	// Hash is the line's own.
	Hash string
	// Erased is whether its detail is gone.
	Erased bool
}

// Mark is a line that another line refers to.
type Mark struct {
	File     string `json:"file"`
	Sequence uint64 `json:"sequence"`
	Hash     string `json:"hash"`
}

// Erasure is which details of a file were erased.
type Erasure struct {
	File      string   `json:"file"`
	Sequences []uint64 `json:"sequences"`
}

// maxText bounds what came from outside, in bytes: a refused request may name anything.
const maxText = 160

func clean(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	// What is no UTF-8 would be read back as something else than was hashed.
	return strings.ToValidUTF8(text, "�")
}

func (e Entry) cleaned() Entry {
	for _, text := range []*string{&e.Who, &e.Actor, &e.Role, &e.Address, &e.Action, &e.Problem, &e.Detail.AppID, &e.Detail.OutOrderNo,
		&e.Detail.NotifyID, &e.Detail.MiniAppID, &e.Detail.MerchantRef, &e.Detail.RolloutID} {
		*text = clean(*text)
	}
	e.Detail.Revealed = slices.Clone(e.Detail.Revealed)
	for i := range e.Detail.Revealed {
		e.Detail.Revealed[i] = clean(e.Detail.Revealed[i])
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	return e
}
