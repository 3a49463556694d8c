// Package digest holds the workflow that tells an app's robots what needs a person. A Temporal schedule
// starts it, one at a time.
//
// It promises that a robot's last list moves on only after the robot has taken the message: what a robot
// that is down was not told is in its next digest. A message whose answer was lost is posted once
// more, because a robot knows no repetition.
package digest

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/attention"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Input starts a Digest.
type Input struct {
	AppID string `json:"app_id"`
	// Language is the one of the app's configuration, for the summaries in the Temporal UI.
	Language words.Language `json:"language,omitempty"`
}

// Result is what a Digest did.
type Result struct {
	// Posted and Failed are messages that robots have taken, and have not.
	Posted int `json:"posted"`
	Failed int `json:"failed"`
}

// Workflow asks what is new to each robot, and posts that. A robot that takes nothing holds up no other.
func Workflow(ctx workflow.Context, input Input) (Result, error) {
	say := func(text words.Text) string { return text.In(input.Language) }
	plan, err := durable.AnswerTo(ctx, activities.PlanDigest,
		durable.Start(ctx, input.AppID, activities.PlanDigest, activities.DigestQuestion{AppID: input.AppID}, say(words.New("do.plan_digest"))))
	if err != nil {
		return Result{}, err
	}
	posted := make([]workflow.Future, len(plan.Posts))
	for i, post := range plan.Posts {
		posted[i] = durable.Start(ctx, input.AppID, activities.PostDigest,
			activities.PostCall{AppID: input.AppID, Robot: post.Via, Digest: post.Digest}, say(words.New("do.post_digest", post.Via, post.Digest.Total)))
	}
	var result Result
	taken := plan.Quietly
	for i, future := range posted {
		if _, err := durable.AnswerTo(ctx, activities.PostDigest, future); err != nil {
			workflow.GetLogger(ctx).Warn("a robot did not take a digest; it is in the next one", "app_id", input.AppID, "robot", plan.Posts[i].Via, "error", err)
			result.Failed++
			continue
		}
		result.Posted++
		taken = append(taken, plan.Posts[i].Telling)
	}
	return result, keep(ctx, input, taken, say)
}

// keep has the tellings kept, one after the other: each says of its own robot.
func keep(ctx workflow.Context, input Input, taken []attention.Telling, say func(words.Text) string) error {
	run := workflow.GetInfo(ctx).WorkflowExecution.RunID
	for i, telling := range taken {
		call := activities.TellingCall{AppID: input.AppID, ID: fmt.Sprintf("%s/%d", run, i), Telling: telling}
		if _, err := durable.AnswerTo(ctx, activities.KeepTelling, durable.Start(ctx, input.AppID, activities.KeepTelling, call, say(words.New("do.keep_telling")))); err != nil {
			return err
		}
	}
	return nil
}
