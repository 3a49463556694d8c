package ledger

import (
	"cmp"
	"slices"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// Step is a stage that Miniflow would have entered, and by what.
type Step struct {
	Stage order.Stage `json:"stage"`
	At    *time.Time  `json:"at,omitempty"`
	// By is the message that says so, or one of the words of this package.
	By string `json:"by"`
}

// What moves an order where no message of the log does.
const (
	// ByStart is where the story begins: what came before is in no log of messages.
	ByStart = "start"
	// ByQuery is a move that Miniflow learns by asking Alipay, which it does with every message.
	ByQuery = "query"
	// ByMissing is a move whose message is not in the log, and that no query shows.
	ByMissing = "missing"
)

// Lost is a message that the old handler does not have.
type Lost struct {
	Name     string     `json:"name"`
	Why      string     `json:"why"`
	NotifyID string     `json:"notify_id,omitempty"`
	At       *time.Time `json:"at,omitempty"` // when it was sent, or the later message that shows that it was
}

// Why a message is lost.
const (
	// WhyEight means that it came eight times and none is known to be accepted: Alipay gave up.
	WhyEight = "eight_deliveries"
	// WhyLater means that a later stage was seen without it.
	WhyLater = "later_stage_seen"
)

// story is one order's messages, replayed.
type story struct {
	ledger *Ledger
	steps  []Step
	lost   []Lost
	late   int // messages to an order that has ended
	hold   order.HoldKind
	keep   bool // whether steps are wanted: a million stories are only counted
	stage  order.Stage
	passed uint16
}

// tell replays messages by Alipay's time, because Miniflow follows what Alipay's queries say,
// whatever order the messages come in.
func (s *story) tell(root *subject, list []uint32) {
	slices.SortStableFunc(list, func(a, b uint32) int {
		return cmp.Compare(s.ledger.messages.at(a).sent(), s.ledger.messages.at(b).sent())
	})
	s.enter(s.start(root, list), nil, ByStart)
	agreed, authorized, trial := s.seen(list)
	for _, at := range list {
		m := s.ledger.messages.at(at)
		if m.lost() {
			s.lost = append(s.lost, Lost{Name: s.ledger.names.list[m.name], Why: WhyEight, NotifyID: s.ledger.lostIDs[at], At: moment(m)})
		}
		event := s.ledger.events[m.event]
		if root.kind != kindMiniApp {
			if !agreed && (event == order.EventAuthorized || verdict(event)) {
				agreed = s.miss(creationName(trial), m)
			}
			if !authorized && verdict(event) {
				authorized = s.miss(alipay.MessageOpenAppAuth, m)
			}
		}
		s.apply(m, event)
	}
}

func (s *story) miss(name string, shownBy *message) bool {
	s.lost = append(s.lost, Lost{Name: name, Why: WhyLater, At: moment(shownBy)})
	return true
}

func creationName(trial bool) string {
	if trial {
		return alipay.MessageFastRegisterChanged
	}
	return alipay.MessageMerchantConfirmed
}

// seen says which of the messages that each order has were seen at all: out of order is not lost.
func (s *story) seen(list []uint32) (agreed, authorized, trial bool) {
	for _, at := range list {
		m := s.ledger.messages.at(at)
		event := s.ledger.events[m.event]
		agreed = agreed || event == order.EventMerchantAgreed
		authorized = authorized || event == order.EventAuthorized
		trial = trial || m.flags&flagTrial != 0
	}
	return agreed, authorized, trial
}

// start is where an order stands before its first message: with a number it waits for its merchant;
// of a mini program alone a new version is built, unless its authorisation comes first.
func (s *story) start(root *subject, list []uint32) order.Stage {
	switch {
	case root.kind != kindMiniApp:
		return order.StageAwaitingMerchant
	case len(list) > 0 && s.ledger.events[s.ledger.messages.at(list[0]).event] == order.EventAuthorized:
		return order.StageAwaitingAuthorization
	default:
		return order.StageBuilding
	}
}

func verdict(event order.Event) bool {
	return event == order.EventAuditPassed || event == order.EventAuditRejected || event == order.EventBasePassed
}

// apply moves the order by one message, and by what Alipay's queries would have shown before it.
func (s *story) apply(m *message, event order.Event) {
	switch {
	case m.flags&flagRevoked != 0:
		s.hold = order.HoldAuthorizationRevoked
		return
	case event == "":
		return
	case event == order.EventAuthorized && s.hold == order.HoldAuthorizationRevoked:
		s.hold = ""
	}
	if s.stage.Ended() {
		s.late++
		return
	}
	if verdict(event) {
		s.before(m, event)
	} else if event == order.EventAuthorized && s.stage == order.StageAwaitingMerchant {
		s.move(order.EventMerchantAgreed, m, ByQuery)
	}
	s.move(event, m, s.ledger.names.list[m.name])
	if event == order.EventAuditPassed {
		s.passed = m.version
	}
}

// before makes the moves that no message tells of: the version that was online before the next one
// was audited, and the submission after a rejection.
func (s *story) before(m *message, event order.Event) {
	switch s.stage {
	case order.StageAwaitingMerchant:
		s.move(order.EventMerchantAgreed, m, ByQuery)
		s.move(order.EventAuthorized, m, ByMissing)
	case order.StageAwaitingAuthorization:
		s.move(order.EventAuthorized, m, ByMissing)
	case order.StageReleasing:
		if m.version != s.passed {
			s.move(order.EventReleased, m, ByQuery)
			s.enter(order.StageBuilding, moment(m), ByStart) // the order of the next version
		}
	case order.StageAuditRejected, order.StageBasePassed:
		if _, listed := order.Next(s.stage, event); !listed {
			s.move(order.EventSubmitted, m, ByQuery)
		}
	default:
	}
}

// move follows the table of moves. What is not in it changes nothing.
func (s *story) move(event order.Event, m *message, by string) {
	if to, listed := order.Next(s.stage, event); listed {
		s.enter(to, moment(m), by)
	}
}

func (s *story) enter(stage order.Stage, at *time.Time, by string) {
	s.stage = stage
	if s.keep {
		s.steps = append(s.steps, Step{Stage: stage, At: at, By: by})
	}
}

func moment(m *message) *time.Time {
	if m.sent() == 0 {
		return nil
	}
	at := time.UnixMilli(m.sent()).UTC()
	return &at
}
