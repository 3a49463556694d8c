package door

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// Acceptor makes a notification durable: [Router] passes it to Temporal, a journal keeps it
// until Temporal has taken it. An error means that it was not durably accepted, so the message
// must not be acknowledged.
type Acceptor interface {
	Accept(ctx context.Context, n order.Notification) (order.Disposition, error)
}

// IntakeConfig is what an [Intake] needs. One Intake is made for a process, so its limits are
// the process's.
type IntakeConfig struct {
	Acceptor   Acceptor
	Translator *Translator
	Metrics    *Metrics
	Log        *slog.Logger
	// Arrivals remembers what comes, for people who look on; nil remembers nothing.
	Arrivals *Arrivals
	// Compare, if set, gets every verified message, to be compared with what is known of Alipay; it
	// must not block.
	Compare func(*notify.Notification)
	// Now is the clock of durations and of the lag behind Alipay's, passed in so that a test
	// can predict them.
	Now func() time.Time
	// Within is how long Temporal may take, less than Alipay waits for its answer; zero means
	// [AnswerWithin].
	Within time.Duration
	// Concurrency is how many notifications are passed on at once, so that a burst doesn't
	// exhaust Temporal; zero means [Concurrency].
	Concurrency int
}

// Intake is where HTTP and the long connection meet: a verified notification in, its
// disposition out. It bounds the time and the number of calls to Temporal, and writes the one
// log record of every notification. It is safe for concurrent use.
type Intake struct {
	config   IntakeConfig
	places   chan struct{}
	refusals *refusalLog
	// failedAt is when Temporal last failed to accept, in Unix nanoseconds so that it fits an
	// atomic; 0 after it accepted.
	failedAt atomic.Int64
}

// NewIntake returns an intake. HTTP and the long connection have to share one, because its
// limits are for both together.
func NewIntake(config IntakeConfig) *Intake {
	if config.Within <= 0 {
		config.Within = AnswerWithin
	}
	if config.Concurrency <= 0 {
		config.Concurrency = Concurrency
	}
	return &Intake{config: config, places: make(chan struct{}, config.Concurrency), refusals: newRefusalLog(config.Log)}
}

// Errors of [Intake.Take]. Each means that the message must not be acknowledged, because
// Alipay then sends it again.
var (
	// ErrNotAccepted means that Temporal, or the door's journal where there is one, refused,
	// could not be reached, or did not answer in time.
	ErrNotAccepted = errors.New("not accepted, Alipay will send it again: see whether Temporal, or the door's journal where there is one, is up and takes work")
	// ErrBusy means that no place became free in time. It is distinct because the remedy is
	// capacity, not repair.
	ErrBusy = errors.New("too many notifications wait for Temporal, Alipay will send this one again: see how fast Temporal accepts")
)

// Refused counts and logs what was not accepted as a message of Alipay's, and returns the
// reason. The error is a verifier's [notify.Refusal]; neither hint nor log repeats anything
// that the sender chose.
func (in *Intake) Refused(ctx context.Context, err error, channel Channel, took time.Duration) notify.Reason {
	var refusal *notify.Refusal
	if !errors.As(err, &refusal) {
		refusal = &notify.Refusal{Reason: notify.ReasonMalformed}
	}
	in.config.Metrics.refusals.WithLabelValues(string(channel), string(refusal.Reason)).Inc()
	in.config.Metrics.verifications.Add(float64(refusal.Verifications))
	in.config.Metrics.took(outcomeRefused, took)
	now := in.config.Now()
	// At the rate of the log, so that forgeries don't push what is genuine out.
	if in.refusals.write(ctx, refusal, channel, took, now) {
		in.config.Arrivals.add(order.Arrival{At: now, AppID: refusal.AppID, Channel: string(channel), Reason: string(refusal.Reason), Duration: took.Seconds()})
	}
	return refusal.Reason
}

// ErrUnwell means that the last notification was not accepted. The cause is in the log,
// because strangers can read /readyz.
var ErrUnwell = errors.New("the last notification was not accepted")

// Check returns an error while Temporal does not accept notifications; it belongs among the
// checks of [ingress.Health]. A failure counts for [FailureFor] only, because a process that
// is out of rotation receives no message by which it could recover.
func (in *Intake) Check(context.Context) error {
	failed := in.failedAt.Load()
	if failed != 0 && in.config.Now().Sub(time.Unix(0, failed)) < FailureFor {
		return ErrUnwell
	}
	return nil
}
