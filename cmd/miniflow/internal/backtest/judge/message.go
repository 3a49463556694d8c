package judge

import (
	"hash/maphash"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/notify"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/ingress/door"
	"miniflow/order"
)

// Result is what one line came to.
type Result struct {
	Kind   logs.Kind
	Answer logs.Answer
	Reason notify.Reason // why it was refused; "" for a verified message
	Message
}

// Message is what a verified message is and asserts, in the order's words. It has neither its
// content nor anything else of people's.
type Message struct {
	ID, Digest uint64 // hashes: of the app with the notify_id, and of the content
	AppID      string
	NotifyID   string
	Name       string
	SentAt     time.Time
	// Coarse means that SentAt has whole seconds alone, as in the old layout.
	Coarse bool

	OutOrderNo, OrderNo, MiniAppID, Version string
	Event                                   order.Event // "" for one that moves no order
	Revoked                                 bool        // it takes the authorisation away
	Trial                                   bool        // it is of the creation of a trial mini program
	Unreadable                              bool        // genuine, but a door would have kept it as a dead letter
}

// nothing takes the place of sealing: what a backtest learns of people is thrown away at once.
type nothing struct{}

func (nothing) Seal([]byte, ...string) (order.Sealed, error) { return "", nil }

// reader turns lines into results. Each worker has its own.
type reader struct {
	verifier *verifier
	finder   logs.Finder
	words    *door.Translator
	seed     maphash.Seed
}

func (r *reader) read(line []byte) Result {
	found := r.finder.Find(line)
	result := Result{Kind: found.Kind, Answer: found.Answer}
	if found.Kind != logs.KindMessage {
		return result
	}
	n, reason := r.verifier.verify(found.Form, found.AppID)
	if result.Reason = reason; n != nil {
		result.Message = r.message(n)
	}
	return result
}

// message says what a notification asserts. The door's own words are used, so that an order is
// found here by what it is found by there.
func (r *reader) message(n *notify.Notification) Message {
	said, _ := r.words.Translate(n, door.ChannelHTTP) // only a sealer fails
	m := Message{
		ID: r.hash(n.AppID, n.NotifyID), Digest: r.hash("", n.Digest()),
		AppID: n.AppID, NotifyID: said.NotifyID, Name: said.Name, SentAt: n.SentAt,
		Coarse:     n.Params.Get("utc_timestamp") == "",
		OutOrderNo: said.OutOrderNo, OrderNo: said.OrderNo, MiniAppID: said.MiniAppID, Version: said.AppVersion,
		Unreadable: said.Flaw != "",
	}
	if m.Unreadable {
		return m
	}
	m.Event, m.Trial = eventOf(said), n.Name == alipay.MessageFastRegisterChanged
	m.Revoked = said.Evidence.RevokedToken != ""
	return m
}

func (r *reader) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	for _, part := range parts {
		_, _ = h.WriteString(part) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// eventOf returns the move that a message asserts. In operation Miniflow asks Alipay before it
// moves; here the message is all that there is.
func eventOf(n order.Notification) order.Event {
	status := order.MerchantWaiting
	switch e := n.Evidence; {
	case e.Token != nil:
		return order.EventAuthorized
	case e.Verdict == order.VerdictPassed:
		return order.EventAuditPassed
	case e.Verdict == order.VerdictRejected:
		return order.EventAuditRejected
	case e.Verdict == order.VerdictBasePassed:
		return order.EventBasePassed
	case e.MerchantStatus != "":
		status = order.ReadConfirmation(e.MerchantStatus)
	case e.RegisterStatus != "":
		status, _ = order.ReadRegistration(e.RegisterStatus)
	}
	switch status {
	case order.MerchantAgreed:
		return order.EventMerchantAgreed
	case order.MerchantRejected:
		return order.EventMerchantRejected
	case order.MerchantTimedOut:
		return order.EventConfirmTimedOut
	case order.MerchantFailed:
		return order.EventCreationFailed
	default:
		return ""
	}
}
