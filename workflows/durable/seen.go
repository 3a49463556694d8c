package durable

import "miniflow/order"

// maxSeen bounds what a workflow remembers: up to 85 KiB of state. The oldest is
// forgotten first; by then Alipay's eight tries are long over, since an order
// receives a few dozen messages in its life.
const maxSeen = 500

// digestPrefix is as much of a digest as is kept, in hex digits: enough that no two
// contents that Alipay signed under one id meet.
const digestPrefix = 16

// Seen remembers notifications and what became of them. It is the guarantee that a
// notification acts once: it is part of a workflow's state and is carried when the
// workflow continues as new.
type Seen struct {
	Entries []SeenEntry `json:"entries,omitempty"`
}

// SeenEntry is one notification. Its members have one letter, since five hundred of them are
// carried.
type SeenEntry struct {
	ID          string            `json:"i"`
	Digest      string            `json:"g"`
	Disposition order.Disposition `json:"d"`
}

// Arrival says whether a notification was here before, and with the same content: an id alone is
// not enough.
type Arrival int

// Alipay repeats what it believes unanswered, with the same content. It does not send one id with
// two.
const (
	ArrivedNew Arrival = iota
	ArrivedAgain
	ArrivedConflicting
)

// Admit remembers a new notification as waiting, and says whether it is new. It is called
// before anything else is done with one, so that two of the same can't both act.
func (s *Seen) Admit(key order.NotificationKey) Arrival {
	if known := s.Find(key.NotifyID); known != nil {
		if known.Digest == shorten(key.Digest) {
			return ArrivedAgain
		}
		return ArrivedConflicting
	}
	if len(s.Entries) >= maxSeen {
		s.Entries = s.Entries[1:]
	}
	s.Entries = append(s.Entries, SeenEntry{
		ID: key.NotifyID, Digest: shorten(key.Digest), Disposition: order.DispositionWaiting,
	})
	return ArrivedNew
}

// Find returns the entry of an id, nil when it is new. It does not compare content: a conflict has
// to be found too.
func (s *Seen) Find(id string) *SeenEntry {
	for i := range s.Entries {
		if s.Entries[i].ID == id {
			return &s.Entries[i]
		}
	}
	return nil
}

// Resolve records what became of a notification, for the sender who asks instead of sending it
// twice.
func (s *Seen) Resolve(id string, disposition order.Disposition) {
	if known := s.Find(id); known != nil {
		known.Disposition = disposition
	}
}

// Disposition answers order.DispositionQuery. The same id with other content is a
// conflict, no matter what became of the first.
func (s *Seen) Disposition(key order.NotificationKey) order.Disposition {
	known := s.Find(key.NotifyID)
	switch {
	case known == nil:
		return ""
	case known.Digest != shorten(key.Digest):
		return order.DispositionConflict
	default:
		return known.Disposition
	}
}

func shorten(digest string) string {
	if len(digest) > digestPrefix {
		return digest[:digestPrefix]
	}
	return digest
}
