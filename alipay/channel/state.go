package channel

import (
	"sync"
	"time"
)

// Phase is what a client is doing. /readyz shows it, so that operators see a client that keeps
// waiting without reading the log.
type Phase string

// The phases, in the order in which a client goes through them.
const (
	PhaseStopped    Phase = "stopped"
	PhaseConnecting Phase = "connecting"
	PhaseConnected  Phase = "connected"
	PhaseWaiting    Phase = "waiting"
)

// Phases returns every phase, so that a test notices one that is added.
func Phases() []Phase { return []Phase{PhaseStopped, PhaseConnecting, PhaseConnected, PhaseWaiting} }

// State is the state of a client. It contains nothing secret, because /readyz shows it to
// anybody.
type State struct {
	Phase    Phase
	Since    time.Time
	Attempts int
	InHand   int // at Concurrency nothing is read any more

	// LastStep and LastCause describe how the last connection or attempt ended, at LastEnd,
	// because a waiting client has no other trace of it; empty before that.
	LastStep  Step
	LastCause Cause
	LastEnd   time.Time

	Connections uint64 // made since the start
	Accepted    uint64
	Failed      uint64
	Refused     uint64
	Dropped     uint64
	AcksLost    uint64
}

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
// traffic elsewhere, because messages arrive where a connection is.
func (c *Client) State() State {
	s := c.record.read()
	s.InHand = len(c.places)
	return s
}

func (c *Client) enter(phase Phase, also func(*State)) {
	now := c.config.Now()
	c.record.change(func(s *State) {
		s.Phase, s.Since = phase, now
		if also != nil {
			also(s)
		}
	})
}
