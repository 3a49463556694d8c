package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/time/rate"

	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// DeliveriesQuestion asks for one page of the messages that a bulk means.
type DeliveriesQuestion struct {
	Filter order.DeliveryFilter `json:"filter"`
	At     time.Time            `json:"at"`
	Page   []byte               `json:"page,omitempty"`
	Most   int                  `json:"most"`
}

// DeliveryID is a Delivery as a bulk knows it.
type DeliveryID struct {
	WorkflowID string `json:"workflow_id"`
	NotifyID   string `json:"notify_id"`
}

// DeliveriesFound is one page, and where the next begins.
type DeliveriesFound struct {
	Deliveries []DeliveryID `json:"deliveries,omitempty"`
	Next       []byte       `json:"next,omitempty"`
}

// DeliveriesCommand gives messages a command.
type DeliveriesCommand struct {
	BulkID      string                    `json:"bulk_id"`
	Command     string                    `json:"command"`
	Instruction order.DeliveryInstruction `json:"instruction"`
	Rate        float64                   `json:"rate"`
	Deliveries  []DeliveryID              `json:"deliveries"`
}

// DeliveriesCommanded says how many have taken it and who has refused.
type DeliveriesCommanded struct {
	Taken    int                 `json:"taken"`
	Refusals []order.BulkRefusal `json:"refusals,omitempty"`
}

// ListDeliveries lists one page of what a bulk means. It changes nothing, so repeating it is harmless.
func (b *Bulk) ListDeliveries(ctx context.Context, question DeliveriesQuestion) (DeliveriesFound, error) {
	found, next, err := temporalio.Deliveries(ctx, b.Temporal, b.Namespace, question.Filter, question.At, question.Most, question.Page)
	answer := DeliveriesFound{Next: next}
	for _, one := range found {
		answer.Deliveries = append(answer.Deliveries, DeliveryID{one.WorkflowID, one.View.NotifyID})
	}
	return answer, err
}

// BulkTemporal is as much of Temporal as a bulk needs.
type BulkTemporal interface {
	temporalio.Lister
	updater
}

// updater gives workflows commands.
type updater interface {
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Bulk holds the activities of a bulk.
type Bulk struct {
	Temporal  BulkTemporal
	Namespace string
}

// Register registers what a bulk does, on a worker of order.TaskQueue.
func (b *Bulk) Register(registry Registry) {
	register(registry, ListDeliveries, b.ListDeliveries)
	register(registry, CommandDeliveries, b.CommandDeliveries)
}

// commandedAtOnce is how many messages of a page are commanded at a time: each answers once a worker
// has carried the command out.
const commandedAtOnce = 8

// How long a message has for its answer, and from which attempt on one that gives none counts as a
// refusal: what keeps a worker from a single message, such as a workflow that fails, may last for
// ever, and the others are not to wait for it. A page in which nobody answers then takes less time
// than an attempt has.
const (
	answerWithin     = 15 * time.Second
	lastAnswerWithin = 3 * time.Second
	unansweredFrom   = 3
)

// CommandDeliveries gives each message of a page the command, no faster than the rate. A message that
// refuses is counted and stops nothing, and in the end one that does not answer does neither;
// Temporal's own failures end the attempt.
//
// Repeating it is harmless: the update's id is the bulk's and the message's, by which Temporal knows
// one that it has carried out.
func (b *Bulk) CommandDeliveries(ctx context.Context, call DeliveriesCommand) (DeliveriesCommanded, error) {
	pace := rate.NewLimiter(rate.Limit(call.Rate), 1)
	pace.Allow() // the page before has just had its last
	refusals, failures := make([]words.Text, len(call.Deliveries)), make([]error, len(call.Deliveries))
	var under sync.WaitGroup
	slots := make(chan struct{}, commandedAtOnce)
	for i, one := range call.Deliveries {
		if err := pace.Wait(ctx); err != nil {
			failures[i] = err
			break
		}
		slots <- struct{}{}
		under.Go(func() {
			defer func() { <-slots }()
			refusals[i], failures[i] = b.command(ctx, call, one.WorkflowID)
		})
	}
	under.Wait()
	if err := errors.Join(failures...); err != nil {
		return DeliveriesCommanded{}, fmt.Errorf("%s the messages: %w", call.Command, err)
	}
	var answer DeliveriesCommanded
	for i, why := range refusals {
		if why.IsZero() {
			answer.Taken++
			continue
		}
		answer.Refusals = append(answer.Refusals, order.BulkRefusal{NotifyID: call.Deliveries[i].NotifyID, Reason: why})
	}
	return answer, nil
}

// command returns why one message refused, zero where it took the command.
func (b *Bulk) command(ctx context.Context, call DeliveriesCommand, workflowID string) (refusal words.Text, _ error) {
	return update(ctx, b.Temporal, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: call.Command, UpdateID: "bulk/" + call.BulkID, Args: []any{call.Instruction},
	})
}

// update gives one workflow a command and returns why it refused, zero where it took it.
func update(ctx context.Context, workflows updater, options client.UpdateWorkflowOptions) (refusal words.Text, _ error) {
	within, last := answerWithin, activity.IsActivity(ctx) && activity.GetInfo(ctx).Attempt >= unansweredFrom
	if last {
		within = lastAnswerWithin
	}
	asking, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	options.WaitForStage = client.WorkflowUpdateStageCompleted
	handle, err := workflows.UpdateWorkflow(asking, options)
	if err == nil {
		err = handle.Get(asking, nil)
	}
	switch {
	case err == nil:
		return refusal, nil
	case temporalio.NotFound(err):
		return words.Sentence("it has ended"), nil
	case refusedWith(err, &refusal):
		return refusal, nil
	case last && asking.Err() != nil && ctx.Err() == nil:
		return words.Sentence("it did not answer in time, and may do yet what it was asked to: look at its workflow"), nil
	}
	return refusal, err
}

// refusedWith reports whether a workflow has refused, and reads why.
func refusedWith(err error, refusal *words.Text) bool {
	var refused *temporal.ApplicationError
	if !errors.As(err, &refused) || refused.Type() != order.RefusedType {
		return false
	}
	if !refused.HasDetails() || refused.Details(refusal) != nil || refusal.IsZero() {
		*refusal = words.Sentence(refused.Message())
	}
	return true
}
