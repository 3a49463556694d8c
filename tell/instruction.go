package tell

import (
	"errors"
	"time"
)

// What a person can have a webhook do.
const (
	// ActionEnable has a disabled webhook told again.
	ActionEnable = "enable"
	// ActionResend has events told once more: of one order, of all that have changed since a moment,
	// or of all that are dead.
	ActionResend = "resend"
	// ActionForget has orders forgotten that are purged: what was to be told of them, and what is dead.
	ActionForget = "forget"
)

// Instruction is what a person wants of a webhook.
type Instruction struct {
	Action     string    `json:"action"`
	OutOrderNo string    `json:"out_order_no,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Dead       bool      `json:"dead,omitempty"`
	// Forget are the orders of [ActionForget].
	Forget []string `json:"forget,omitempty"`
	Actor  string   `json:"actor,omitempty"`
}

// Judge says why an instruction can't be carried out, nil where it can.
func (i Instruction) Judge() error {
	switch i.Action {
	case ActionEnable, ActionForget:
		return nil
	case ActionResend:
		if !i.Dead && i.OutOrderNo == "" && i.Since.IsZero() {
			return errors.New("say what is to be told again: out_order_no, since, or dead")
		}
		if i.Dead && (i.OutOrderNo != "" || !i.Since.IsZero()) {
			return errors.New("dead means all that is dead: leave out_order_no and since away")
		}
		return nil
	default:
		return errors.New("the action is enable or resend")
	}
}

// Instruct carries an instruction out. It reports false where so much is tried again already that an
// order could not be added.
func (s *State) Instruct(i Instruction, now time.Time) bool {
	switch {
	case i.Action == ActionEnable:
		s.Enable(now)
	case i.Action == ActionForget:
		s.Forget(i.Forget)
	case i.Dead:
		return s.DeadAgain(now) > 0 || len(s.Dead) == 0
	case i.OutOrderNo != "":
		return s.OrderAgain(i.OutOrderNo, i.Since, now)
	default:
		s.Again(i.Since)
	}
	return true
}
