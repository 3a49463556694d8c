package scenario

import (
	"context"
	"errors"
	"sync"
	"time"

	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
)

// push times what a person waits for: Alipay says that the merchant has agreed, and the order
// goes on.
func push(ctx context.Context, b *bench) error {
	restore, err := b.UseRules(ctx, system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	waiting, err := b.waiters(ctx, "p", b.Orders)
	if err != nil {
		return err
	}
	if err := b.Rest(ctx, restWithin); err != nil {
		return err
	}
	return b.timePushes(ctx, "push", "", waiting)
}

// timePushes has merchants agree, evenly, and notes how long each order takes to its next stage.
func (b *bench) timePushes(ctx context.Context, name, against string, waiting []system.Waiting) error {
	b.say("%d merchants agree, %g a second", len(waiting), b.Rate)
	result, begun := load.NewResult(), time.Now()
	var group sync.WaitGroup
	for i, one := range waiting {
		if err := pauseUntil(ctx, begun.Add(load.Schedule{Rate: b.Rate}.At(i))); err != nil {
			return err
		}
		group.Go(func() {
			took, err := b.timePush(ctx, one)
			result.Record(took, err)
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if result.Accepted == 0 {
		return result.Err
	}
	b.latencies(name, result, against)
	return nil
}

// pushWithin is how long an order may take: longer than the polls that would find a lost message.
const pushWithin = 2 * time.Minute

// timePush waits for news before there is any, as a caller does that wants to know at once.
func (b *bench) timePush(ctx context.Context, one system.Waiting) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	view, err := b.Order(ctx, one.OutOrderNo)
	if err != nil {
		return 0, err
	}
	moved := make(chan error, 1)
	go func() {
		var err error
		for after := view.Sequence; err == nil && view.Stage == order.StageAwaitingMerchant; after = max(after, view.Sequence) {
			view, err = b.AwaitNews(ctx, one.OutOrderNo, after)
		}
		moved <- err
	}()
	sent := time.Now()
	answered := b.Answer(ctx, one.OrderNo, "AGREED")
	if answered != nil {
		cancel() // nothing will move it
	}
	waited := <-moved
	return time.Since(sent), errors.Join(answered, waited)
}
