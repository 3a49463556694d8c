package channel_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// effect identifies a message for its receiver.
type effect struct{ appID, notifyID, digest string }

// sink is a receiver behind the client: it acts on a message once, and counts the repeats.
type sink struct {
	mu         sync.Mutex
	acted      map[effect]int    // how often each was acted on
	contents   map[string]string // by notify_id: the SHA-256 of what was acted on
	order      []string          // notify_ids in the order in which they were acted on
	duplicates uint64            // calls with a message that was known already

	// Ways to misbehave, which the ledger has to notice.
	forgets   func(n *notify.Notification) bool // accepts but stores nothing
	forgetful bool                              // forgets what it has seen: a repeat is acted on again
}

func newSink() *sink { return &sink{acted: map[effect]int{}, contents: map[string]string{}} }

func (s *sink) handle(_ context.Context, n *notify.Notification) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forgets != nil && s.forgets(n) {
		return nil
	}
	e := effect{n.AppID, n.NotifyID, n.Digest()}
	if s.acted[e] > 0 {
		s.duplicates++
		if !s.forgetful {
			return nil
		}
	}
	s.acted[e]++
	s.order = append(s.order, n.NotifyID)
	s.contents[n.NotifyID] = sum(n.Name, string(n.Content))
	return nil
}

func sum(name, content string) string {
	digest := sha256.Sum256([]byte(name + "\n" + content))
	return hex.EncodeToString(digest[:])
}

// has returns how many messages were acted on.
func (s *sink) has() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acted)
}

// invariant is a property of three ledgers together.
type invariant string

const (
	ackedIsKept        invariant = "I1 every message that Alipay saw acknowledged has been acted on"
	everyoneHasAnEnd   invariant = "I2 every message that Alipay sent was delivered in the end: none lost, given up or still owed"
	actedOnOnce        invariant = "I3 every message was acted on once per app_id, notify_id and digest"
	nothingUnproven    invariant = "I6 nothing was acted on or acknowledged that Alipay had not signed as it came"
	nothingUncounted   invariant = "I7 the client's counters say what the sink and Alipay saw"
	everyCauseOccurred invariant = "I8 every fault was seen to end what it had to end"
)

// breach is an invariant that does not hold.
type breach struct {
	of  invariant
	why string
}

func (b *breach) Error() string { return string(b.of) + ": " + b.why }

func (b *breach) Is(target error) bool {
	other, ok := target.(*breach)
	return ok && other.of == b.of
}

// ledger is the record of three sides.
type ledger struct {
	sent       map[string]string // ours: what was requested, by notify_id; see sum
	deliveries []alipaysim.Delivery
	messages   []fate
	owed       int
	client     channel.State
	sink       *sink
}

// fate is the end of a message in Alipay's record.
type fate struct {
	NotifyID string `json:"notify_id"`
	Fate     string `json:"fate"`
}

// book reads the records of Alipay's side.
func (s *simulation) book(sent map[string]string, client channel.State, into *sink) *ledger {
	s.t.Helper()
	l := &ledger{sent: sent, client: client, sink: into}
	var page struct {
		Deliveries []alipaysim.Delivery `json:"deliveries"`
		Messages   []fate               `json:"messages"`
		Owed       []struct{}           `json:"owed"`
	}
	s.manage(http.MethodGet, "deliveries", "", &page)
	l.deliveries, l.messages, l.owed = page.Deliveries, page.Messages, len(page.Owed)
	return l
}

// idle waits until Alipay owes no message any more.
func (s *simulation) idle() {
	s.t.Helper()
	poll(s.t, "nothing is owed", time.Minute, func() bool {
		var view struct {
			Owed *int `json:"owed"`
		}
		s.manage(http.MethodGet, "channel", "", &view)
		return *view.Owed == 0
	})
}

// check compares the three records and names every invariant that does not hold.
func (l *ledger) check() error {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	acted := map[string]int{}
	for e, times := range l.sink.acted {
		acted[e.notifyID] += times
	}
	return errors.Join(l.kept(acted), l.ended(), l.once(acted), l.proven(), l.counted())
}

// violated returns nil for an empty list of offenders.
func violated(of invariant, offenders []string) error {
	if len(offenders) == 0 {
		return nil
	}
	return &breach{of, fmt.Sprintf("not so for %d, such as %q", len(offenders), offenders[:min(3, len(offenders))])}
}

func (l *ledger) kept(acted map[string]int) error {
	var lost []string
	for _, d := range l.deliveries {
		if d.Success && acted[d.NotifyID] == 0 {
			lost = append(lost, d.NotifyID)
		}
	}
	return violated(ackedIsKept, lost)
}

func (l *ledger) ended() error {
	var without []string
	known := map[string]bool{}
	for _, m := range l.messages {
		known[m.NotifyID] = true
		if m.Fate != "delivered" {
			without = append(without, m.NotifyID+" "+m.Fate)
		}
	}
	for id := range l.sent {
		if !known[id] {
			without = append(without, id+" unknown")
		}
	}
	if l.owed > 0 {
		without = append(without, fmt.Sprint(l.owed, " owed"))
	}
	return violated(everyoneHasAnEnd, without)
}

func (l *ledger) once(acted map[string]int) error {
	var others []string
	for id, times := range acted {
		if times != 1 {
			others = append(others, fmt.Sprint(id, " ", times, " times"))
		}
	}
	return violated(actedOnOnce, others)
}

// unprovenFaults are the faults after which a message must not be trusted.
var unprovenFaults = []string{alipaysim.ChannelBadSignature, alipaysim.ChannelWrongKey, alipaysim.ChannelForgedData,
	alipaysim.ChannelOtherApp, alipaysim.ChannelBadJSON, alipaysim.ChannelOversized}

func (l *ledger) proven() error {
	var wrong []string
	for id, content := range l.sink.contents {
		if l.sent[id] != content {
			wrong = append(wrong, id+" is not what was sent")
		}
	}
	for _, d := range l.deliveries {
		if d.Success && slices.Contains(unprovenFaults, d.Fault) {
			wrong = append(wrong, d.NotifyID+" "+d.Fault)
		}
	}
	return violated(nothingUnproven, wrong)
}

// counted compares the numbers. An acknowledgement can be lost, so Alipay may have seen fewer
// than the client has sent, but never more.
func (l *ledger) counted() error {
	var succeeded, failed uint64
	for _, d := range l.deliveries {
		switch {
		case d.Success:
			succeeded++
		case d.Body == "FAIL":
			failed++
		}
	}
	var acted uint64
	for _, times := range l.sink.acted {
		acted += uint64(times) //nolint:gosec // a small number
	}
	var wrong []string
	demand := func(holds bool, what string, numbers ...uint64) {
		if !holds {
			wrong = append(wrong, fmt.Sprint(what, numbers))
		}
	}
	c := l.client
	demand(c.Accepted == uint64(len(l.sink.acted))+l.sink.duplicates, "accepted = acted on + duplicates", c.Accepted, acted, l.sink.duplicates)
	demand(succeeded <= c.Accepted, "SUCCESS at Alipay ≤ accepted", succeeded, c.Accepted)
	demand(failed <= c.Failed+c.Refused, "FAIL at Alipay ≤ failed + refused", failed, c.Failed, c.Refused)
	demand(c.InHand == 0, "nothing in hand", uint64(c.InHand)) //nolint:gosec // not negative
	return violated(nothingUncounted, wrong)
}
