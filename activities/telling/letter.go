package telling

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// letter is a post that is about to be made: a message, its id, and how many events are in it, from when
// until when. Without events there is nothing to post.
type letter struct {
	id      string
	message any
	oldest  time.Time
	newest  time.Time
	events  int
}

// write writes the letter about what a job names.
func (r *run) write(ctx context.Context, job *tell.Job) (letter, error) {
	if miniAppID, is := tell.MiniProgramOf(job.OutOrderNo); is {
		return r.writeOfMiniProgram(ctx, job, miniAppID)
	}
	told, err := r.read(ctx, job)
	if err != nil || len(told.Events) == 0 {
		return letter{}, err
	}
	id, message := tell.NewMessage(told)
	return letter{id, message, told.Events[0].At, told.Events[len(told.Events)-1].At, len(told.Events)}, nil
}

// writeOfMiniProgram asks the mini program, a closed one too: little happens to one, so that no list has
// to carry it.
func (r *run) writeOfMiniProgram(ctx context.Context, job *tell.Job, miniAppID string) (letter, error) {
	value, err := r.Temporal.QueryWorkflow(ctx, order.MiniProgramWorkflowID(r.appID, miniAppID), "", order.EventsQuery,
		order.EventsAsked{Since: job.Since, Types: r.target.Events})
	if err != nil {
		return letter{}, err
	}
	var told order.ToldMiniProgram
	if err := value.Get(&told); err != nil || len(told.Events) == 0 {
		return letter{}, err
	}
	id, message := tell.NewMiniProgramMessage(told)
	return letter{id, message, told.Events[0].At, told.Events[len(told.Events)-1].At, len(told.Events)}, nil
}

// keyOf is the name in the book of what a row is about.
func keyOf(row *workflowpb.WorkflowExecutionInfo) (key string, named bool) {
	if row.GetType().GetName() == order.MiniProgramWorkflowType {
		id, named := temporalio.Attribute[string](row, order.AttributeMiniAppID)
		return tell.MiniProgramKey(id), named
	}
	return temporalio.Attribute[string](row, order.AttributeOutOrderNo)
}
