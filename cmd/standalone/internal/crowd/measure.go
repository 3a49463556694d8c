// Package crowd measures how quickly the REST API finds its way among many orders, and checks what it
// shows of them.
package crowd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/crowd"
	"miniflow/cmd/standalone/internal/outside"
)

// Size is how many orders a test fills in: few by default, as many as CROWD says where somebody wants
// to know.
func Size(few int) (int, error) {
	text := os.Getenv("CROWD")
	if text == "" {
		return few, nil
	}
	return strconv.Atoi(text)
}

// Fill starts so many orders of an app, and returns once all have come as far as they come.
func Fill(ctx context.Context, c client.Client, appID string, count int) error {
	return crowd.Fill(ctx, c, appID, 0, count)
}

// Times are how long the answers of one call took.
type Times struct{ Median, P95 time.Duration }

// Measure makes calls by turns, each so often, and returns how long each took.
func Measure(ctx context.Context, caller outside.Caller, often int, paths ...string) (map[string]Times, error) {
	took := map[string][]time.Duration{}
	for range often {
		for _, path := range paths {
			began := time.Now()
			if err := caller.Call(ctx, "GET", path, nil, nil); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			took[path] = append(took[path], time.Since(began))
		}
	}
	times := map[string]Times{}
	for path, all := range took {
		slices.Sort(all)
		times[path] = Times{all[(len(all)-1)/2], all[(len(all)*95+99)/100-1]}
	}
	return times, nil
}

// Searches are calls that find one order among the crowd, some, and none.
func Searches(count int) []string {
	one := crowd.View("", count/2)
	return []string{
		"/v1/orders?q=" + one.OutOrderNo, "/v1/orders?q=" + one.MiniAppID, "/v1/orders?q=" + one.MerchantRef, "/v1/orders?q=" + one.ShopName,
		"/v1/orders?q=" + string([]rune(one.ShopName)[:1]), "/v1/orders?q=crowd", "/v1/orders?q=KFC", "/v1/orders?q=" + "不存在", "/v1/orders?q=crowd&stage=auditing",
	}
}
