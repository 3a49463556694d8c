package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
	"miniflow/temporalio"
)

// waiters starts orders whose merchants don't answer, and returns them once each waits for its
// merchant.
func (b *bench) waiters(ctx context.Context, kind string, count int) ([]system.Waiting, error) {
	if err := b.startWaiters(ctx, kind, 0, count); err != nil {
		return nil, err
	}
	return b.listWaiters(ctx, kind)
}

// startWaiters starts those from a number on, as fast as the callers can, and some at a time: starts
// for minutes on end leave Temporal no time for what they have begun. Those that an earlier run
// has left in a data directory that is kept are not started again.
func (b *bench) startWaiters(ctx context.Context, kind string, from, count int) error {
	missing := make([]int, 0, count)
	there := map[string]bool{}
	if b.Kept {
		found, err := b.listWaiters(ctx, kind)
		if err != nil {
			return err
		}
		for _, one := range found {
			there[one.OutOrderNo] = true
		}
	}
	for i := from; i < count; i++ {
		if !there[b.number(kind, i)] {
			missing = append(missing, i)
		}
	}
	b.say("starting %d orders that wait for their merchants", len(missing))
	started, before := 0, count-len(missing)
	for some := range slices.Chunk(missing, atOnce) {
		result := load.Burst(ctx, b.Callers, len(some), func(ctx context.Context, i int) error {
			return b.started(patiently(ctx, func(ctx context.Context) error { return b.StartOrder(ctx, b.number(kind, some[i])) }))
		})
		if err := errors.Join(ctx.Err(), result.Err); err != nil {
			return err
		}
		if started += len(some); len(missing) > atOnce {
			b.say("%d of %d orders are started", started, len(missing))
		}
		if err := b.awaitWaiters(ctx, kind, before+started); err != nil {
			return err
		}
	}
	return b.awaitWaiters(ctx, kind, count)
}

// started takes an order that an earlier run has begun for one of this run's: it was interrupted before
// the order waited, so the list does not have it yet. It conflicts because its logo had another address.
func (b *bench) started(err error) error {
	if b.Kept && errors.Is(err, system.ErrConflict) {
		return nil
	}
	return err
}

// patiently asks as a backend does: what has no answer is asked again. As many starts as callers can
// send are more than Temporal keeps up with for long.
func patiently(ctx context.Context, ask func(context.Context) error) error {
	for tried := 1; ; tried++ {
		err := ask(ctx)
		if !errors.Is(err, system.ErrUnavailable) || tried == tries {
			return err
		}
		if err := remote.Pause(ctx, pause); err != nil {
			return err
		}
	}
}

const (
	// tries and pause are how often something without an answer is asked, and how much later: the API
	// says a second or two.
	tries = 10
	pause = 2 * time.Second
	// atOnce is how many orders are started before it is waited until all of them wait.
	atOnce = 2000
	// waitersWithin is how long orders may take until another one waits.
	waitersWithin = 2 * time.Minute
)

// awaitWaiters counts in visibility: looking at each order would be more work than starting it.
func (b *bench) awaitWaiters(ctx context.Context, kind string, count int) error {
	query := temporalio.NewQuery(order.WorkflowType, b.AppID).Running().Equals(order.AttributeOrderStage, string(order.StageAwaitingMerchant)).
		Where("WorkflowId STARTS_WITH " + temporalio.Quote(b.WorkflowID(b.prefix(kind)+"-")))
	last := int64(-1)
	for end := time.Now(); ; {
		answer, err := b.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: b.Namespace, Query: query.String()})
		if err != nil || answer.GetCount() >= int64(count) {
			return err
		}
		if answer.GetCount() > last {
			last, end = answer.GetCount(), time.Now().Add(waitersWithin)
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d orders wait for their merchants, and for %v no other came", answer.GetCount(), count, waitersWithin)
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// listWaiters returns the orders of one kind that wait, by their numbers, because the API's list has
// no order.
func (b *bench) listWaiters(ctx context.Context, kind string) ([]system.Waiting, error) {
	found, err := b.allWaiters(ctx, b.prefix(kind)+"-")
	if err != nil {
		return nil, err
	}
	var waiting []system.Waiting
	for i := 0; len(waiting) < len(found); i++ {
		if one, there := found[b.number(kind, i)]; there {
			waiting = append(waiting, one)
		}
	}
	return waiting, nil
}

// allWaiters reads the list of the API page by page: one call for each order would be more work
// than most of what is measured. A page may name an order that another has named.
func (b *bench) allWaiters(ctx context.Context, prefix string) (map[string]system.Waiting, error) {
	const page = 200
	found, cursor := map[string]system.Waiting{}, ""
	for {
		var listed struct {
			Orders []struct {
				OutOrderNo string `json:"out_order_no"`
				OrderNo    string `json:"order_no"`
			} `json:"orders"`
			NextCursor string `json:"next_cursor"`
		}
		query := url.Values{"app_id": {b.AppID}, "stage": {string(order.StageAwaitingMerchant)}, "limit": {strconv.Itoa(page)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		if err := b.Get(ctx, "/v1/orders?"+query.Encode(), &listed); err != nil {
			return nil, err
		}
		for _, one := range listed.Orders {
			if strings.HasPrefix(one.OutOrderNo, prefix) && one.OrderNo != "" {
				found[one.OutOrderNo] = system.Waiting{OutOrderNo: one.OutOrderNo, OrderNo: one.OrderNo}
			}
		}
		if cursor = listed.NextCursor; cursor == "" {
			return found, nil
		}
	}
}

// dismiss has the merchants of a run's waiting orders decline, so that a running system is not left
// with them, and waits until the orders have ended, so that they are no burden on what is measured next.
func (b *bench) dismiss(ctx context.Context) error {
	found, err := b.allWaiters(ctx, b.prefix(""))
	if err != nil {
		return err
	}
	numbers := slices.Sorted(maps.Keys(found))
	ended := load.Burst(ctx, b.Callers, len(numbers), func(ctx context.Context, i int) error {
		err := b.Answer(ctx, found[numbers[i]].OrderNo, "REJECTED")
		if remote.SaysNo(err, http.StatusConflict) {
			return nil // it went on before its line in the list has
		}
		return err
	})
	return errors.Join(ended.Err, b.awaitDismissed(ctx), b.Rest(ctx, backlogWithin))
}

// awaitDismissed waits until none of the run's orders waits for its merchant any more.
func (b *bench) awaitDismissed(ctx context.Context) error {
	for end := time.Now().Add(backlogWithin); ; {
		found, err := b.allWaiters(ctx, b.prefix(""))
		if err != nil || len(found) == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d orders still wait %v after their merchants have declined", len(found), backlogWithin)
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}
