package channel

import (
	"context"
	"time"
)

// Outcome is what became of an event.
type Outcome string

// The outcomes: the first two are of connections, the others of frames.
const (
	OutcomeConnected Outcome = "connected"
	OutcomeEnded     Outcome = "ended" // a connection, or an attempt; Err is an *Error

	OutcomeAccepted Outcome = "accepted" // handled and acknowledged with SUCCESS
	OutcomeFailed   Outcome = "failed"   // verified, Handle failed: answered FAIL
	OutcomeRefused  Outcome = "refused"  // not taken for Alipay's: answered FAIL; Err is an *notify.Refusal or a *FrameError
	OutcomeDropped  Outcome = "dropped"  // not answered: nobody to answer, or nothing to; Err is a *FrameError
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{OutcomeConnected, OutcomeEnded, OutcomeAccepted, OutcomeFailed, OutcomeRefused, OutcomeDropped}
}

// Event is something that happened, for logs and metrics. It holds nothing of
// what a message says.
type Event struct {
	Outcome Outcome
	// Err is why, see the outcomes. Of OutcomeFailed it is Handle's own error.
	Err error
	// Took is how long a connection held, or the time from a frame that is read
	// whole to its answer.
	Took time.Duration
	// AckLost says that the answer to a frame found its connection gone. The
	// message comes again, though it may have been handled.
	AckLost bool
}

// tell counts an event and passes it on.
func (c *Client) tell(ctx context.Context, e Event) {
	c.record.change(func(s *State) {
		switch e.Outcome {
		case OutcomeConnected:
			s.Connections++
		case OutcomeAccepted:
			s.Accepted++
		case OutcomeFailed:
			s.Failed++
		case OutcomeRefused:
			s.Refused++
		case OutcomeDropped:
			s.Dropped++
		case OutcomeEnded:
		}
		if e.AckLost {
			s.AcksLost++
		}
	})
	if c.config.Observe != nil {
		c.config.Observe(ctx, e)
	}
}
