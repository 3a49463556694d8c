package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Send makes request i and returns an error where it was not accepted.
type Send func(ctx context.Context, i int) error

// Open sends by a schedule. senders is how many requests may be under way at once; one that is
// sent late because all are busy counts its waiting too.
func Open(ctx context.Context, schedule Schedule, senders int, send Send) *Result {
	result, begun := NewResult(), time.Now()
	each(senders, schedule.Count(), func(i int) bool {
		intended := begun.Add(schedule.At(i))
		if !until(ctx, intended) {
			return false
		}
		err := send(ctx, i)
		if ctx.Err() != nil {
			return false
		}
		result.Record(time.Since(intended), err)
		return true
	})
	result.Took = time.Since(begun)
	return result
}

// Burst makes count requests as fast as a number of callers can.
func Burst(ctx context.Context, callers, count int, send Send) *Result {
	return closed(ctx, callers, count, time.Time{}, send)
}

// Closed keeps a number of callers busy for a while.
func Closed(ctx context.Context, callers int, during time.Duration, send Send) *Result {
	const endless = 1 << 30
	return closed(ctx, callers, endless, time.Now().Add(during), send)
}

func closed(ctx context.Context, callers, count int, end time.Time, send Send) *Result {
	result, begun := NewResult(), time.Now()
	each(callers, count, func(i int) bool {
		sent := time.Now()
		if ctx.Err() != nil || !end.IsZero() && sent.After(end) {
			return false
		}
		err := send(ctx, i)
		// What the end of the context cuts off isn't the system's answer.
		if ctx.Err() != nil {
			return false
		}
		result.Record(time.Since(sent), err)
		return true
	})
	result.Took = time.Since(begun)
	return result
}

// each hands the numbers below count to a number of goroutines, in order, until one says stop.
func each(workers, count int, do func(i int) bool) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count || !do(i) {
					return
				}
			}
		})
	}
	group.Wait()
}

// until waits for a moment, which may be over already. It reports false where the context ends
// before.
func until(ctx context.Context, moment time.Time) bool {
	wait := time.Until(moment)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
