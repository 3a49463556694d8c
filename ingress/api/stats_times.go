package api

import (
	"context"
	"slices"
	"time"

	"miniflow/order"
)

// stageTimes says how long the orders of one stage have been in it. Visibility can't tell, so rows
// are read for it, and above [maxTimed] orders it is a sample.
type stageTimes struct {
	Stage   order.Stage `json:"stage" doc:"The stage."`
	Orders  int64       `json:"orders" doc:"Orders that are in it." example:"40"`
	Sampled int         `json:"sampled" doc:"Of how many the times are: of all, or where there are more than a thousand, of those that were started last." example:"40"`
	Median  int64       `json:"median_seconds" doc:"Half of them have been in it for less." example:"5400"`
	P90     int64       `json:"p90_seconds" doc:"Nine in ten have been in it for no longer." example:"86400"`
	Longest int64       `json:"longest_seconds" doc:"The longest." example:"172800"`
	// OutOrderNo is what a person looks at first.
	OutOrderNo string `json:"longest_out_order_no" doc:"The order that has been in it longest." example:"shop-7-first"`
	AppID      string `json:"longest_app_id" doc:"Its third-party application." example:"2021000000000000"`
}

// maxTimed is of how many orders of a stage the times are read at most.
const maxTimed = 5 * maxPageSize

// timesIn returns the times of every stage in which orders are.
func (a *API) timesIn(ctx context.Context, within reach, counted stats) ([]stageTimes, error) {
	var found []stageTimes
	for _, stage := range order.Stages() {
		if stage.Ended() || counted.ByStage[stage] == 0 {
			continue
		}
		views, err := a.standingIn(ctx, within, stage)
		if err != nil {
			return nil, err
		}
		if len(views) > 0 {
			found = append(found, timesOf(stage, counted, views))
		}
	}
	return found, nil
}

func (a *API) standingIn(ctx context.Context, within reach, stage order.Stage) ([]order.View, error) {
	query := within.orders().Equals(order.AttributeOrderStage, string(stage)).Where(whereStanding).String()
	var views []order.View
	for token, more := []byte(nil), true; more && len(views) < maxTimed; more = len(token) > 0 {
		page, err := a.list(ctx, query, maxPageSize, token)
		if err != nil {
			return nil, err
		}
		for _, execution := range within.merchants.theirs(page.GetExecutions()) {
			// The attribute may be a moment ahead of the memo, or behind.
			if view, ok := summaryOf[order.View](execution); ok && view.Stage == stage {
				views = append(views, view)
			}
		}
		token = page.GetNextPageToken()
	}
	return views, nil
}

// timesOf takes percentiles by nearest rank, so that each is some order's own time.
func timesOf(stage order.Stage, counted stats, views []order.View) stageTimes {
	slices.SortFunc(views, func(one, other order.View) int { return other.StageSince.Compare(one.StageSince) })
	since := func(i int) int64 { return int64(max(0, counted.At.Sub(views[i].StageSince)) / time.Second) }
	last := len(views) - 1
	return stageTimes{
		Stage: stage, Orders: counted.ByStage[stage], Sampled: len(views),
		Median: since(last / 2), P90: since((len(views)*9+9)/10 - 1), Longest: since(last),
		OutOrderNo: views[last].OutOrderNo, AppID: views[last].AppID,
	}
}
