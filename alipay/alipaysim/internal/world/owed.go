package world

import (
	"iter"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/script"
)

// Owed is one delivery that is due at the time in its key. It names its message, which
// copies and retries share.
type Owed struct {
	Key     string `json:"key"` // of the message
	Attempt int    `json:"attempt"`
	Copy    int    `json:"copy"`
	// Socket is the app whose long connection takes it; empty goes over HTTP.
	Socket string `json:"socket,omitempty"`
}

// Channel follows from Socket, so that the two can't disagree.
func (o Owed) Channel() string {
	if o.Socket != "" {
		return account.ChannelWebSocket
	}
	return account.ChannelHTTP
}

// owedBucket is where the deliveries of a channel are owed. Each channel has one of its
// own: while thousands wait for the one, those of the other are found without reading
// past them.
func owedBucket(channel string) string {
	if channel == account.ChannelWebSocket {
		return bucketOwedSocket
	}
	return bucketOwed
}

func (m *Message) socket() string {
	if m.Channel == account.ChannelWebSocket {
		return m.AppID
	}
	return ""
}

// Send stores a message that somebody wrote by hand, and owes it now. It asks no rule,
// for what is to happen has been said.
func (t *Tx) Send(record *Message) {
	t.owe(record, &script.PushRule{})
	t.Save(record)
}

// owe plans the first delivery of the message and of its copies, each with its own
// delay, so that they overtake each other.
func (t *Tx) owe(record *Message, weather *script.PushRule) {
	record.Fate = fateOwed
	for number := range weather.Duplicate + 1 {
		at := t.Now.Add(t.scaled(weather.Delay) + t.UpTo(t.scaled(weather.Shuffle)))
		t.saveOwed(at, Owed{Key: record.Key, Attempt: 1, Copy: number, Socket: record.socket()})
	}
}

// saveOwed plans a delivery and returns its key. Both buckets count with one sequence,
// so that a key names one delivery whichever channel owes it.
func (t *Tx) saveOwed(at time.Time, o Owed) []byte {
	key := dueKey(at, t.Sequence(bucketOwed))
	t.SaveAt(owedBucket(o.Channel()), key, o)
	return key
}

// OwedKeys are the keys of the deliveries that a channel owes, the soonest first: a
// reader stops at the first that is not due.
func (t *Tx) OwedKeys(channel string) iter.Seq[[]byte] { return t.Keys(owedBucket(channel)) }

// Owed returns the delivery that a channel owes under a key. Once it was made there is
// none.
func (t *Tx) Owed(channel string, key []byte) (o Owed, ok bool) {
	ok = t.LoadAt(owedBucket(channel), key, &o)
	return o, ok
}

// Delivered stores an attempt and what it means for the message: its end, or another
// attempt after the pause. Copies are sent once.
func (t *Tx) Delivered(key []byte, o Owed, made Delivery) {
	made.Seq = t.Sequence(bucketDeliveries)
	t.Save(&made)
	t.RemoveAt(owedBucket(o.Channel()), key)
	message := &Message{Key: o.Key}
	if !t.Load(message) || message.Fate == fateDelivered {
		return
	}
	retries := t.world.Retries
	switch {
	case made.Success:
		message.Fate = fateDelivered
		t.Save(message)
	case o.Copy > 0:
	case o.Attempt <= len(retries) && !message.Once:
		at := t.Now.Add(t.scaled(script.Duration(retries[o.Attempt-1])))
		t.saveOwed(at, Owed{Key: message.Key, Attempt: o.Attempt + 1, Socket: o.Socket})
	default:
		message.Fate = fateGivenUp
		t.Save(message)
		t.world.Logger.Warn("a push was given up", "notify_id", message.NotifyID, "message", message.Name, "attempts", o.Attempt)
	}
}
