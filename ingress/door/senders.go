package door

import (
	"container/list"
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/alipay/notify"
)

// senders bounds what strangers can spend on signature checks, so that genuine messages stay
// quick while somebody forges at full rate. A connection or an address is trusted once a
// genuine message has come from it, and not for a while after a forged one; both are looked
// at, because behind a proxy all senders share its address, and without one each of Alipay's
// messages may come over a connection of its own.
//
// Messages of senders that are not trusted wait for one of a few lanes. It saves time but
// decides nothing: the signature does.
type senders struct {
	now     func() time.Time
	lanes   chan struct{}
	waiting atomic.Int64

	mu     sync.Mutex
	known  map[string]*list.Element
	recent *list.List // of *sender, most recently genuine first
}

// sender is a connection or an address that something genuine has come from. Others are not
// remembered, or forgers could push these out.
type sender struct {
	name         string
	suspectUntil time.Time
}

const (
	// suspectFor is how long a sender is not trusted after a forgery: where forgers share an
	// address with what is genuine, each genuine message would open it to them.
	suspectFor = time.Minute
	// trustedSenders is how many addresses and connections are remembered, some 150 bytes
	// each.
	trustedSenders = 4096
	// strangersWaiting is how many messages wait for a lane at most.
	strangersWaiting = 256
	// laneWithin is how long a message waits for a lane, well within the answer limit.
	laneWithin = time.Second
	// forgeryRest is how long a lane rests after a forged message, as a multiple of what its
	// check took: so forgers get a fifth of a lane, whatever they send.
	forgeryRest = 4
)

func newSenders(now func() time.Time) *senders {
	// A lane keeps one processor busy; most of them are for what is genuine.
	lanes := max(1, runtime.GOMAXPROCS(0)/4)
	return &senders{now: now, lanes: make(chan struct{}, lanes), known: map[string]*list.Element{}, recent: list.New()}
}

// senderNames returns what a sender is known by: its connection and its address.
func senderNames(remote string) []string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return []string{remote}
	}
	return []string{remote, host}
}

func (s *senders) trusts(names []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, name := range names {
		if element := s.known[name]; element != nil && !now.Before(element.Value.(*sender).suspectUntil) {
			return true
		}
	}
	return false
}

func (s *senders) genuine(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if element := s.known[name]; element != nil {
			s.recent.MoveToFront(element)
			continue
		}
		for s.recent.Len() >= trustedSenders {
			oldest := s.recent.Back()
			delete(s.known, oldest.Value.(*sender).name)
			s.recent.Remove(oldest)
		}
		s.known[name] = s.recent.PushFront(&sender{name: name})
	}
}

func (s *senders) forged(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.now().Add(suspectFor)
	for _, name := range names {
		if element := s.known[name]; element != nil {
			element.Value.(*sender).suspectUntil = until
		}
	}
}

// verify checks a message, in a lane unless its sender is trusted.
func (s *senders) verify(ctx context.Context, remote string, check func() (*notify.Notification, error)) (*notify.Notification, error) {
	names := senderNames(remote)
	if s.trusts(names) {
		n, err := check()
		s.judge(names, n, err)
		return n, err
	}
	if reason := s.enter(ctx); reason != "" {
		return nil, &notify.Refusal{Reason: reason}
	}
	began, rest := s.now(), time.Duration(0)
	defer func() { time.AfterFunc(rest, s.leave) }() // also after a panic, which is answered elsewhere
	n, err := check()
	if s.judge(names, n, err) {
		rest = forgeryRest * s.now().Sub(began)
	}
	return n, err
}

// judge notes what a check says of its sender, and reports whether the message was forged.
// What was refused before its signature was looked at cost little and says little.
func (s *senders) judge(names []string, n *notify.Notification, err error) bool {
	if err == nil && n != nil {
		s.genuine(names)
		return false
	}
	forged := verificationsOf(err) > 0
	if forged {
		s.forged(names)
	}
	return forged
}

// verificationsOf returns how many signature checks a refusal cost.
func verificationsOf(err error) int {
	var refusal *notify.Refusal
	if errors.As(err, &refusal) {
		return refusal.Verifications
	}
	return 0
}

func (s *senders) enter(ctx context.Context) notify.Reason {
	if s.waiting.Add(1) > strangersWaiting {
		s.waiting.Add(-1)
		return ReasonFlood
	}
	defer s.waiting.Add(-1)
	ctx, done := context.WithTimeout(ctx, laneWithin)
	defer done()
	select {
	case s.lanes <- struct{}{}:
		return ""
	case <-ctx.Done():
		return ReasonFlood
	}
}

func (s *senders) leave() { <-s.lanes }
