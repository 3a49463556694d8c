package channel

import (
	"context"
	"time"
)

// Outcome is the label of an event's metric, so it is an enum and never a text of the message.
type Outcome string

// The outcomes: the first two are of connections, the others of frames, so that one event
// type serves both.
const (
	OutcomeConnected Outcome = "connected"
	OutcomeEnded     Outcome = "ended"

	OutcomeAccepted Outcome = "accepted"
	OutcomeFailed   Outcome = "failed"
	OutcomeRefused  Outcome = "refused" // not from Alipay: answered FAIL; Err is a *notify.Refusal or a *FrameError
	OutcomeDropped  Outcome = "dropped" // not answered, because the frame names no message; Err is a *FrameError
)

// Outcomes returns every outcome, so that a test notices one that is added.
func Outcomes() []Outcome {
	return []Outcome{OutcomeConnected, OutcomeEnded, OutcomeAccepted, OutcomeFailed, OutcomeRefused, OutcomeDropped}
}

// Event is something that happened, for logs and metrics. It contains nothing of a message's
// content, so it can be logged as it is.
type Event struct {
	Outcome Outcome
	// Err is the reason, of the type that the outcome names. For OutcomeFailed it is Handle's
	// own error, which may quote the message.
	Err error
	// Took is how long a connection lasted, or the time from the last byte of a frame to its
	// answer, because a sender's slowness is not ours.
	Took time.Duration
	// AckLost means that the answer to a frame could not be sent because its connection was
	// gone. The message comes again, though it may have been handled.
	AckLost bool
}

func (c *Client) report(ctx context.Context, e Event) {
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
