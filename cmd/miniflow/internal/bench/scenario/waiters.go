package scenario

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
)

// waiters starts orders whose merchants don't answer, as fast as the callers can, and returns them
// once each waits for its merchant.
func (b *bench) waiters(ctx context.Context, kind string, count int) ([]system.Waiting, error) {
	b.say("starting %d orders that wait for their merchants", count)
	result := load.Burst(ctx, b.Callers, count, func(ctx context.Context, i int) error {
		return b.StartOrder(ctx, b.number(kind, i))
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if result.Err != nil {
		return nil, result.Err
	}
	return b.awaitWaiters(ctx, kind, count)
}

// waitersWithin is how long an order may take from its start until it waits.
const waitersWithin = 5 * time.Minute

func (b *bench) awaitWaiters(ctx context.Context, kind string, count int) ([]system.Waiting, error) {
	for end := time.Now().Add(waitersWithin); ; {
		found, err := b.listWaiters(ctx, kind)
		if err != nil || len(found) >= count {
			return found, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%d of %d orders wait for their merchants after %v", len(found), count, waitersWithin)
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// listWaiters reads the list of the API page by page: one call for each order would be more work
// than most of what is measured.
func (b *bench) listWaiters(ctx context.Context, kind string) ([]system.Waiting, error) {
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
			if of(one.OutOrderNo, b.prefix(kind)) && one.OrderNo != "" {
				found[one.OutOrderNo] = system.Waiting{OutOrderNo: one.OutOrderNo, OrderNo: one.OrderNo}
			}
		}
		if cursor = listed.NextCursor; cursor == "" {
			break
		}
	}
	// In the order of their numbers: a list may name one twice, and comes in no order.
	var waiting []system.Waiting
	for i := 0; len(waiting) < len(found); i++ {
		if one, there := found[b.number(kind, i)]; there {
			waiting = append(waiting, one)
		}
	}
	return waiting, nil
}

func of(number, prefix string) bool {
	return len(number) > len(prefix) && number[:len(prefix)] == prefix && number[len(prefix)] == '-'
}

// dismiss ends orders that wait, so that a running system is not left with them.
func (b *bench) dismiss(ctx context.Context, waiting []system.Waiting) error {
	ended := load.Burst(ctx, b.Callers, len(waiting), func(ctx context.Context, i int) error {
		return b.Answer(ctx, waiting[i].OrderNo, "REJECTED")
	})
	return ended.Err
}
