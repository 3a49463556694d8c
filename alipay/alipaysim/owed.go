package alipaysim

import (
	"iter"
	"time"
)

// owedDelivery is one delivery that is due at the time in its key.
type owedDelivery struct {
	Key     string `json:"key"` // of the message
	Attempt int    `json:"attempt"`
	Copy    int    `json:"copy"`
	// Socket is the app whose long connection takes it; empty goes over HTTP.
	Socket string `json:"socket,omitempty"`
}

// channel is the way the delivery goes.
func (o owedDelivery) channel() string {
	if o.Socket != "" {
		return channelWebSocket
	}
	return channelHTTP
}

// bucket is where the delivery is owed. Each channel has one of its own: while
// thousands wait for the one, nobody reads past them to find those of the other.
func (o owedDelivery) bucket() string {
	if o.Socket != "" {
		return bucketOwedSocket
	}
	return bucketOwed
}

// socket is the app whose long connection takes the message, empty for HTTP.
func (m *messageRecord) socket() string {
	if m.Channel == channelWebSocket {
		return m.AppID
	}
	return ""
}

// send stores a message that somebody wrote by hand, and owes it now, whatever the rules
// say.
func (t *tx) send(record *messageRecord) {
	t.owe(record, &PushRule{})
	t.save(record)
}

// owe plans the first delivery of the message and of its copies.
func (t *tx) owe(record *messageRecord, weather *PushRule) {
	record.Fate = fateOwed
	for number := range weather.Duplicate + 1 {
		at := t.Now.Add(t.scaled(weather.Delay) + t.upTo(t.scaled(weather.Shuffle)))
		t.saveOwed(at, owedDelivery{Key: record.Key, Attempt: 1, Copy: number, Socket: record.socket()})
	}
}

// saveOwed plans a delivery and returns its key, which is unlike those of both
// buckets.
func (t *tx) saveOwed(at time.Time, o owedDelivery) []byte {
	key := dueKey(at, t.sequence(bucketOwed))
	t.saveAt(o.bucket(), key, o)
	return key
}

// owedKeys are the keys of the deliveries that a channel owes, the soonest first.
func (t *tx) owedKeys(channel string) iter.Seq[[]byte] {
	if channel == channelWebSocket {
		return t.keys(bucketOwedSocket)
	}
	return t.keys(bucketOwed)
}

// owed returns the delivery that a channel owes under a key, and its message.
func (t *tx) owed(channel string, key []byte) (o owedDelivery, message *messageRecord, ok bool) {
	bucket := bucketOwed
	if channel == channelWebSocket {
		bucket = bucketOwedSocket
	}
	if !t.loadAt(bucket, key, &o) {
		return o, nil, false
	}
	message = &messageRecord{Key: o.Key}
	return o, message, t.load(message)
}

// delivered stores an attempt and what it means for the message: its end, or another
// attempt after the pause. Copies are sent once.
func (t *tx) delivered(key []byte, o owedDelivery, made Delivery) {
	made.Seq = t.sequence(bucketDeliveries)
	t.save(&made)
	t.removeAt(o.bucket(), key)
	message := &messageRecord{Key: o.Key}
	if !t.load(message) || message.Fate == fateDelivered {
		return
	}
	retries := t.world.Retries
	switch {
	case made.Success:
		message.Fate = fateDelivered
		t.save(message)
	case o.Copy > 0:
	case o.Attempt <= len(retries) && !message.Once:
		at := t.Now.Add(t.scaled(Duration(retries[o.Attempt-1])))
		t.saveOwed(at, owedDelivery{Key: message.Key, Attempt: o.Attempt + 1, Socket: o.Socket})
	default:
		message.Fate = fateGivenUp
		t.save(message)
		t.world.Logger.Warn("a push was given up", "notify_id", message.NotifyID, "message", message.Name, "attempts", o.Attempt)
	}
}
