package robots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/activities/backend"
	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// Temporal is as much of a client as a Digester needs.
type Temporal interface {
	gather.Temporal
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Digester holds the activities of digests.
type Digester struct {
	Temporal Temporal
	Gatherer *gather.Gatherer
	// Robots are those of each app, by its id.
	Robots map[string][]Robot
	// Poster posts, as [Targets] does.
	Poster backend.Poster
	// Console is where people reach what needs them, for a link; empty leaves it out.
	Console string
	// Languages are those of the apps, for the page of what keeps their attention.
	Languages map[string]words.Language
	Now       func() time.Time
}

// Targets posts to robots.
func Targets(client backend.Doer, forbidden func(error) bool, now func() time.Time) backend.Poster {
	return backend.Poster{Name: "the robot", Field: "the robot's url", HTTP: client, Forbidden: forbidden, Now: now}
}

// Register registers the activities on a worker of order.TaskQueue.
func (d *Digester) Register(registry activities.Registry) {
	activities.RegisterDigests(registry, d.PlanDigest, d.PostDigest, d.KeepTelling)
}

// PlanDigest compares what needs a person now with what each robot was told last. It changes nothing, so
// repeating it is harmless.
func (d *Digester) PlanDigest(ctx context.Context, question activities.DigestQuestion) (activities.DigestPlan, error) {
	var plan activities.DigestPlan
	robots := d.Robots[question.AppID]
	if len(robots) == 0 { // the schedule is about to be deleted
		return plan, nil
	}
	found, err := d.Gatherer.Of(ctx, question.AppID)
	if err != nil {
		return plan, err
	}
	notes, err := kept[attention.Notes](ctx, d.Temporal, question.AppID, order.ViewQuery)
	if err != nil {
		return plan, fmt.Errorf("read the notes: %w", err)
	}
	last, err := kept[attention.Robots](ctx, d.Temporal, question.AppID, order.ToldQuery)
	if err != nil {
		return plan, fmt.Errorf("read what the robots were told: %w", err)
	}
	names, now := namesOf(robots), d.Now().UTC()
	for _, robot := range robots {
		posts, quietly := robot.Plan(question.AppID, robot.Open(found.Items, notes, now), last[robot.Name], found.Complete, now)
		for _, post := range posts {
			post.Telling.Robots = names
			plan.Posts = append(plan.Posts, post)
		}
		if quietly != nil {
			quietly.Robots = names
			plan.Quietly = append(plan.Quietly, *quietly)
		}
	}
	return plan, nil
}

func namesOf(robots []Robot) []string {
	names := make([]string, 0, len(robots))
	for _, robot := range robots {
		names = append(names, robot.Name)
	}
	return names
}

// kept asks what an app's Attention keeps; nothing where it was never started.
func kept[T any](ctx context.Context, asked Temporal, appID, query string) (answer T, _ error) {
	value, err := asked.QueryWorkflow(ctx, order.AttentionWorkflowID(appID), "", query)
	if temporalio.NotFound(err) {
		return answer, nil
	}
	if err == nil {
		err = value.Get(&answer)
	}
	return answer, err
}

// KeepTelling keeps what a robot was told. Repeating it is harmless: Temporal knows the update by its id,
// and keeping a telling twice changes nothing.
func (d *Digester) KeepTelling(ctx context.Context, call activities.TellingCall) (activities.Nothing, error) {
	language := d.Languages[call.AppID]
	start := d.Temporal.NewWithStartWorkflowOperation(temporalio.AttentionOptions(call.AppID, language), order.AttentionWorkflowType,
		attention.Input{AppID: call.AppID, Language: language})
	handle, err := d.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: order.AttentionWorkflowID(call.AppID), UpdateID: call.ID, UpdateName: order.ToldUpdate, Args: []any{call.Telling},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	return activities.Nothing{}, err
}

// Types of the errors of a post: one that is tried again, and one that the same post would meet again.
const (
	failedType  = "robot_failed"
	refusedType = "robot_refused"
)

// busyPause is how long a robot is left alone that takes no more messages.
const busyPause = time.Minute

// PostDigest posts one message. Repeating it posts once more where the robot had taken the first and its
// answer was lost: robots know no repetition, and a message twice is better than none.
func (d *Digester) PostDigest(ctx context.Context, call activities.PostCall) (activities.Nothing, error) {
	at := slices.IndexFunc(d.Robots[call.AppID], func(robot Robot) bool { return robot.Name == call.Robot })
	if at < 0 {
		return activities.Nothing{}, temporal.NewNonRetryableApplicationError("the robot is not configured any more", refusedType, nil)
	}
	return activities.Nothing{}, d.Post(ctx, d.Robots[call.AppID][at], call.Digest)
}

// Post posts a digest to a robot once.
func (d *Digester) Post(ctx context.Context, robot Robot, digest attention.Digest) error {
	if robot.Pace != nil {
		if err := robot.Pace.Wait(ctx); err != nil {
			return temporal.NewApplicationError("the robot's turn did not come in time", failedType)
		}
	}
	speaks := dialects[robot.Kind]
	address, content, err := speaks.compose(robot, newMessage(robot, digest, d.Console), d.Now())
	if err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), refusedType, nil)
	}
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	request, err := d.Poster.Request(ctx, address, "application/json; charset=utf-8", body)
	var never *backend.UnsendableError
	if errors.As(err, &never) {
		return temporal.NewNonRetryableApplicationError(errAddress.Error(), refusedType, nil)
	}
	if err != nil {
		return err
	}
	answer := d.Poster.Post(request)
	verdict := speaks.judge(answer)
	switch {
	case verdict.taken:
		return nil
	case !verdict.again:
		return temporal.NewNonRetryableApplicationError(verdict.text(answer), refusedType, nil)
	case verdict.busy:
		return temporal.NewApplicationErrorWithOptions(verdict.text(answer), failedType, temporal.ApplicationErrorOptions{NextRetryDelay: max(busyPause, answer.RetryAfter)})
	}
	return temporal.NewApplicationErrorWithOptions(verdict.text(answer), failedType, temporal.ApplicationErrorOptions{NextRetryDelay: answer.RetryAfter})
}
