package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
)

// messagesPerOrder bounds how long an order's history grows in a burst, so that it doesn't continue
// as new and every signal can be counted.
const messagesPerOrder = 50

// burstConnections is how many messages of a burst are under way at once: enough to keep a system
// busy, and few enough for each to be answered before the door gives it up.
const burstConnections = 64

// bareShare is the part of a burst that is sent as bare signals: they come one after the other
// at the same pace however many there are.
const bareShare = 4

// burst posts messages as fast as they are taken, and waits until all are applied.
func burst(ctx context.Context, b *bench) error {
	if err := b.withBare(func(bare *ceiling.Bare) error { return b.bareBurst(ctx, bare) }); err != nil {
		return err
	}
	restore, err := b.UseRules(ctx, system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	waiting, err := b.waiters(ctx, "u", max(b.Targets, b.Burst/messagesPerOrder))
	if err != nil {
		return err
	}
	return b.doorBurst(ctx, waiting)
}

func (b *bench) bareBurst(ctx context.Context, bare *ceiling.Bare) error {
	if err := b.sinks(ctx, bare); err != nil {
		return err
	}
	count := max(1, b.Burst/bareShare)
	b.say("%d bare signals at once", count)
	result := load.Burst(ctx, burstConnections, count, func(ctx context.Context, i int) error { return bare.Signal(ctx, b.number("k", i%b.Targets)) })
	if err := b.accepted(ctx, result); err != nil {
		return err
	}
	b.round.Add("burst.bare.accepted", "/s", result.PerSecond())
	b.latencies("burst.bare", result, "")
	return b.drop(ctx, bare)
}

// signals are the calls by which a message reaches a workflow.
func (b *bench) signals(ctx context.Context) (float64, error) {
	asked, err := b.Requests(ctx)
	return asked["SignalWorkflowExecution"] + asked["SignalWithStartWorkflowExecution"], err
}

func (b *bench) doorBurst(ctx context.Context, waiting []system.Waiting) error {
	corpus, expected, err := b.prepareBurst(ctx, waiting)
	if err != nil {
		return err
	}
	before, err := b.signals(ctx)
	if err != nil {
		return err
	}
	b.say("%d messages at once over %d connections", len(corpus), burstConnections)
	taken := make([]bool, len(corpus))
	result := load.Burst(ctx, burstConnections, len(corpus), func(ctx context.Context, i int) error {
		err := b.Deliver(ctx, corpus[i])
		taken[i] = err == nil
		return err
	})
	answered := time.Now()
	if result.Accepted == 0 {
		return errors.Join(result.Err, ctx.Err())
	}
	for i, one := range corpus {
		if taken[i] {
			expected[one.Order]++
		}
	}
	b.round.Add("burst.accepted", "/s", result.PerSecond(), "burst.bare.accepted")
	b.latencies("burst", result, "burst.bare")
	if err := b.drain(ctx, before+float64(result.Accepted), answered); err != nil {
		return err
	}
	if err := b.awaitApplied(ctx, expected); err != nil {
		return err
	}
	b.round.Add("burst.applied_after", "s", time.Since(answered).Seconds())
	return nil
}

// prepareBurst signs the messages, and counts the signals that each order has had already.
func (b *bench) prepareBurst(ctx context.Context, waiting []system.Waiting) ([]system.Message, map[string]int, error) {
	corpus, err := b.Corpus(waiting, b.Burst, b.run)
	if err != nil {
		return nil, nil, err
	}
	expected := map[string]int{}
	for _, one := range waiting {
		if expected[one.OutOrderNo], err = b.signalsOf(ctx, one.OutOrderNo); err != nil {
			return nil, nil, err
		}
	}
	return corpus, expected, b.Rest(ctx, restWithin)
}

// drainWithin is how long a backlog may take.
const drainWithin = 10 * time.Minute

// drain notes what was accepted and not yet passed on to Temporal, and how fast that goes there.
func (b *bench) drain(ctx context.Context, all float64, answered time.Time) error {
	passed, err := b.signals(ctx)
	if err != nil {
		return err
	}
	backlog := max(0, all-passed)
	b.round.Add("burst.backlog", "", backlog)
	for passed < all {
		if time.Since(answered) > drainWithin {
			return fmt.Errorf("%.0f messages were accepted and not passed on after %v", all-passed, drainWithin)
		}
		if err := remote.Pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		if passed, err = b.signals(ctx); err != nil {
			return err
		}
	}
	if backlog > 0 {
		b.round.Add("burst.drain", "/s", backlog/time.Since(answered).Seconds(), "burst.bare.accepted")
	}
	return nil
}

// awaitApplied waits until every order has its signals and a worker has seen them. The orders are
// looked at one after the other: by then most of the later ones are done too.
func (b *bench) awaitApplied(ctx context.Context, expected map[string]int) error {
	end := time.Now().Add(drainWithin)
	for number, count := range expected {
		for {
			described, err := b.Temporal.DescribeWorkflowExecution(ctx, b.WorkflowID(number), "")
			if err != nil {
				return err
			}
			signals := 0
			if described.GetPendingWorkflowTask() == nil {
				if signals, err = b.signalsOf(ctx, number); err != nil {
					return err
				}
			}
			if signals >= count {
				break
			}
			if time.Now().After(end) {
				return fmt.Errorf("the order %s has %d of %d messages after %v", number, signals, count, drainWithin)
			}
			if err := remote.Pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// signalsOf counts the notifications in an order's history.
func (b *bench) signalsOf(ctx context.Context, number string) (count int, err error) {
	history := b.Temporal.GetWorkflowHistory(ctx, b.WorkflowID(number), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return 0, err
		}
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == order.NotificationSignal {
			count++
		}
	}
	return count, nil
}
