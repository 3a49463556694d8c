package channel

import (
	"sync"
	"time"
)

// Phase is what a client is doing.
type Phase string

// The phases.
const (
	PhaseStopped    Phase = "stopped"    // before Run and after it
	PhaseConnecting Phase = "connecting" // registering or shaking hands
	PhaseConnected  Phase = "connected"  // messages can arrive
	PhaseWaiting    Phase = "waiting"    // until the next attempt
)

// Phases returns every phase.
func Phases() []Phase { return []Phase{PhaseStopped, PhaseConnecting, PhaseConnected, PhaseWaiting} }

// State is the state of a client. It contains nothing secret.
type State struct {
	Phase    Phase
	Since    time.Time // when the phase began
	Attempts int       // consecutive attempts without a lasting connection; 0 while connected
	InHand   int       // messages being handled, at most Concurrency

	// LastStep and LastCause describe how the last connection or attempt ended, at LastEnd;
	// empty before that.
	LastStep  Step
	LastCause Cause
	LastEnd   time.Time

	Connections uint64 // made since the start
	Accepted    uint64 // messages acknowledged with SUCCESS
	Failed      uint64 // verified, but Handle failed
	Refused     uint64 // answered FAIL without being handled
	Dropped     uint64 // not answered
	AcksLost    uint64 // answers whose connection was gone
}

// record is a State that goroutines share.
type record struct {
	mu    sync.Mutex
	state State
}

func (r *record) change(do func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do(&r.state)
}

func (r *record) read() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// State returns the state of the client. One that is not connected is no reason to route
// traffic elsewhere: messages arrive where a connection is.
func (c *Client) State() State {
	s := c.record.read()
	s.InHand = len(c.places)
	return s
}

// enter begins a phase.
func (c *Client) enter(phase Phase, also func(*State)) {
	now := c.config.Now()
	c.record.change(func(s *State) {
		s.Phase, s.Since = phase, now
		if also != nil {
			also(s)
		}
	})
}
