package rollout

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"miniflow/order"
)

// Where a member stands, in a letter: thousands of them travel from run to run.
type Where string

// A member waits, runs, and has settled otherwise.
const (
	Waiting Where = "w"
	// Running means that its order is on its way.
	Running Where = "r"
	Online  Where = "o"
	// Rejected means that reviewers refused it: its order waits for somebody.
	Rejected Where = "x"
	// Stuck means that its order runs and a person has to see to it.
	Stuck Where = "s"
	// Failed means that its order has ended otherwise than online, or could not be begun.
	Failed Where = "f"
	// Held means that it is not begun until a person says how: nobody knows its ext.
	Held Where = "h"
	// Undone means that its mini program is back at the version before, Withdrawn that its order was
	// cancelled before it was online, and Kept that it is online and could not be taken back.
	Undone    Where = "u"
	Withdrawn Where = "c"
	Kept      Where = "k"
)

// Wheres lists every one, in the order in which they are shown.
func Wheres() []Where {
	return []Where{Waiting, Running, Online, Rejected, Stuck, Failed, Held, Undone, Withdrawn, Kept}
}

// names are what people and other programs read.
var names = map[Where]string{
	Waiting: "waiting", Running: "running", Online: "online", Rejected: "rejected", Stuck: "stuck", Failed: "failed",
	Held: "held", Undone: "rolled_back", Withdrawn: "withdrawn", Kept: "kept",
}

// Name is the letter's name.
func (w Where) Name() string { return names[w] }

// settled reports whether a wave need not wait for a member any more.
func (w Where) settled() bool { return w != Waiting && w != Running }

// open reports whether a member's order may still run, so that it is looked at.
func (w Where) open() bool { return w == Running || w == Rejected || w == Stuck }

// Errand is what a member's order is still to be told.
type Errand string

// An order that was rejected is submitted again, one that is stuck tries again, and where the rollout is
// taken back those that are not online are cancelled, once.
const (
	Resubmit Errand = "s"
	TryAgain Errand = "y"
	Cancel   Errand = "c"
)

// Command is the order's command for an errand.
func (e Errand) Command() order.Command {
	return map[Errand]order.Command{Resubmit: order.CommandResubmit, TryAgain: order.CommandRetry, Cancel: order.CommandCancel}[e]
}

// Member is one mini program of a rollout.
type Member struct {
	MiniAppID string `json:"i"`
	Where     Where  `json:"s"`
	// Tries counts the orders after the first: each needs a number of its own.
	Tries  int    `json:"t,omitempty"`
	Errand Errand `json:"d,omitempty"`
	// Version is the one that it put online, and Code why it stands where it stands.
	Version string `json:"v,omitempty"`
	Code    string `json:"c,omitempty"`
}

// OutOrderNo is the number of the member's order, the same each time, so that a start that is repeated
// finds it.
func (m Member) OutOrderNo(rollout string) string {
	id := m.MiniAppID
	if strings.ContainsFunc(id, func(r rune) bool { return !isPlain(r) }) {
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:8])
	}
	number := rollout + "-" + id
	if m.Tries > 0 {
		number += "-" + strconv.Itoa(m.Tries+1)
	}
	return number
}

// isPlain reports whether an order's number may have a character. Alipay's ids are digits, and nobody
// has promised that.
func isPlain(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-'
}

// Seen is what a look at a member's order has shown.
type Seen struct {
	Stage   order.Stage    `json:"stage"`
	Hold    order.HoldKind `json:"hold,omitempty"`
	Code    string         `json:"code,omitempty"`
	Version string         `json:"version,omitempty"`
	// Took is how long it took to be online.
	Took time.Duration `json:"took,omitempty"`
	// Gone is set where its workflow was ended by hand.
	Gone bool `json:"gone,omitempty"`
}

// where reads a member's place from its order.
func (s Seen) where() Where {
	switch {
	case s.Stage == order.StageOnline:
		return Online
	case s.Gone, s.Stage.Ended():
		return Failed
	case s.Stage == order.StageAuditRejected:
		return Rejected
	case s.Stage == order.StageBasePassed, s.asksAPerson():
		return Stuck
	}
	return Running
}

// asksAPerson leaves out the hold that ends by itself, and the one that the plan's author asked for.
func (s Seen) asksAPerson() bool {
	return s.Hold != "" && s.Hold != order.HoldPipelineBusy && s.Hold != order.HoldNeedsApproval
}
