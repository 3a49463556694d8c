package world

import (
	"encoding/hex"
	"fmt"
	"time"

	"miniflow/alipay/alipaysim/script"
)

// held is a push that waits to be overtaken by the next one about the same
// order. The delivery is owed all the same, for when there is none.
type held struct {
	Subject string `json:"subject"`
	Owed    Owed   `json:"owed"`
	Key     string `json:"key"` // of the owed delivery, in hex
}

// Place is by subject: of one order, one push at a time is held.
func (r *held) Place() (string, string) { return bucketHeld, r.Subject }

// oweBadly plans the first delivery of a message. It draws once, so that a push has one
// mood at most.
func (t *Tx) oweBadly(record *Message, m *script.Misbehaviour) {
	record.Fate = fateOwed
	subject := record.subject()
	l := t.world.Draw(m.Seed, "push "+record.Name, subject)
	first := Owed{Key: record.Key, Attempt: 1, Socket: record.socket()}
	later := t.Now.Add(t.scaled(l.Of(m.LateBy)))
	at, mood := t.Now, l.Part(0)
	switch {
	case mood < m.Late:
		at = later
	case mood < m.Late+m.Duplicate:
		again := first
		again.Copy = 1
		t.saveOwed(later, again)
	case mood < m.Late+m.Duplicate+m.Reorder && !t.Load(&held{Subject: subject}): // else this one overtakes
		key := t.saveOwed(t.Now.Add(t.scaled(m.LateBy)), first)
		t.Save(&held{Subject: subject, Owed: first, Key: hex.EncodeToString(key)})
		return
	}
	t.saveOwed(at, first)
	t.letGo(subject, at)
}

// overtaken is how long after its successor a push follows that was held back: long
// enough that both don't arrive at once.
const overtaken = script.Duration(time.Second)

// letGo sends the push that waits to be overtaken, right after the moment when
// its successor goes out, unless its own time is earlier.
func (t *Tx) letGo(subject string, successor time.Time) {
	waiting := &held{Subject: subject}
	if !t.Load(waiting) {
		return
	}
	t.Remove(waiting)
	key, err := hex.DecodeString(waiting.Key)
	if err != nil {
		t.Fail(fmt.Errorf("read a push that is held back: %w", err))
		return
	}
	at := successor.Add(t.scaled(overtaken))
	bucket := owedBucket(waiting.Owed.Channel())
	if !DueTime(key).After(at) || !t.Has(bucket, key) {
		return // it goes, or has gone, by itself
	}
	t.RemoveAt(bucket, key)
	t.saveOwed(at, waiting.Owed)
}

// subject is what a push is about, as far as its order matters: messages of different
// orders overtake each other anyhow.
func (m *Message) subject() string {
	if m.OutOrderNo == "" {
		return m.AppID + " " + m.MiniAppID
	}
	return m.AppID + " " + m.OutOrderNo
}
