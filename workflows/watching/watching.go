// Package watching holds the workflow that looks after what an app's mini programs have online. A
// Temporal schedule starts it, one at a time.
//
// Alipay sends no message when it takes a version down, or when others do something: only asking shows
// it. The questions are spread over the time that the Watch has, and go after all other calls.
package watching

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Input starts a Watch. Page and Result are its own when it continues as new.
type Input struct {
	AppID    string         `json:"app_id"`
	Language words.Language `json:"language,omitempty"`
	// Within is the time over which the questions are spread.
	Within order.Duration `json:"within"`
	Page   []byte         `json:"page,omitempty"`
	Result Result         `json:"result,omitzero"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}

// Result is what a Watch did.
type Result struct {
	Of         int64 `json:"of"`
	Asked      int   `json:"asked"`
	Told       int   `json:"told"`
	Unanswered int   `json:"unanswered"`
}

// Workflow asks about one page of mini programs after the other, with a pause after each.
func Workflow(ctx workflow.Context, input Input) (Result, error) {
	say := func(text words.Text) string { return text.In(input.Language) }
	for {
		watched, err := durable.AnswerTo(ctx, activities.WatchOnline,
			durable.Start(ctx, input.AppID, activities.WatchOnline, activities.WatchCall{AppID: input.AppID, Page: input.Page}, say(words.New("do.watch_online"))))
		if err != nil {
			return input.Result, err
		}
		input.Result.add(watched)
		if input.Page = watched.Next; len(input.Page) == 0 {
			return input.Result, nil
		}
		if err := durable.Waiting(ctx, input.pause(watched.Listed), say(words.New("do.await_watch"))).Future.Get(ctx, nil); err != nil {
			return input.Result, err
		}
		if durable.Crowded(ctx, input.CrowdedAt) {
			return input.Result, workflow.NewContinueAsNewError(ctx, order.WatchWorkflowType, input)
		}
	}
}

func (r *Result) add(watched activities.Watched) {
	r.Of += watched.Of // which only the first page has
	r.Asked += watched.Asked
	r.Told += watched.Told
	r.Unanswered += watched.Unanswered
}

// pause is this page's share of the time.
func (i Input) pause(listed int) time.Duration {
	return time.Duration(float64(i.Within.Std()) * float64(listed) / float64(max(i.Result.Of, int64(listed), 1)))
}
