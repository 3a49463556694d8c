package workflows

import "miniflow/order"

// maxSeen bounds what a workflow remembers: up to 85 KiB of state. The oldest is
// forgotten first; by then Alipay's eight tries are long over, since an order
// hears a few dozen messages in its life.
const maxSeen = 500

// digestPrefix is as much of a digest as is kept, in hex digits: enough that no two
// contents that Alipay signed under one id meet.
const digestPrefix = 16

// seenSet remembers notifications and what became of them. It is the guarantee
// that a notification acts once: it is part of a workflow's state and is carried
// when the workflow continues as new.
type seenSet struct {
	Entries []seenEntry `json:"entries,omitempty"`
}

type seenEntry struct {
	ID          string            `json:"i"`
	Digest      string            `json:"g"`
	Disposition order.Disposition `json:"d"`
}

// find returns the entry of an id, nil when it is new.
func (s *seenSet) find(id string) *seenEntry {
	for i := range s.Entries {
		if s.Entries[i].ID == id {
			return &s.Entries[i]
		}
	}
	return nil
}

// arrival says whether a notification was here before.
type arrival int

const (
	arrivalNew arrival = iota
	arrivalRepeated
	// arrivalConflicting : its id was here with other content.
	arrivalConflicting
)

// admit remembers a new notification as waiting, and says whether it is new.
func (s *seenSet) admit(key order.NotificationKey) arrival {
	if known := s.find(key.NotifyID); known != nil {
		if known.Digest == shorten(key.Digest) {
			return arrivalRepeated
		}
		return arrivalConflicting
	}
	if len(s.Entries) >= maxSeen {
		s.Entries = s.Entries[1:]
	}
	s.Entries = append(s.Entries, seenEntry{
		ID: key.NotifyID, Digest: shorten(key.Digest), Disposition: order.DispositionWaiting,
	})
	return arrivalNew
}

// settle records what became of a notification.
func (s *seenSet) settle(id string, disposition order.Disposition) {
	if known := s.find(id); known != nil {
		known.Disposition = disposition
	}
}

// disposition answers order.DispositionQuery.
func (s *seenSet) disposition(key order.NotificationKey) order.Disposition {
	known := s.find(key.NotifyID)
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
