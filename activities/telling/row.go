package telling

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// rows are the orders that are to be told of as the last list had them: most can be told from their
// memo, without a question.
type rows map[string]row

type row struct {
	changedAt time.Time
	execution *workflowpb.WorkflowExecutionInfo
}

// mostRows bounds the memory that rows take, of 2 to 8 KB each, while a target is slow.
const mostRows = 1000

// keep keeps a row, of several runs of an order the one that changed last.
func (r rows) keep(outOrderNo string, changedAt time.Time, execution *workflowpb.WorkflowExecutionInfo) {
	kept, known := r[outOrderNo]
	if known && changedAt.Before(kept.changedAt) || !known && len(r) >= mostRows {
		return
	}
	r[outOrderNo] = row{changedAt, execution}
}

// take removes an order's row and returns it.
func (r rows) take(outOrderNo string) row {
	kept := r[outOrderNo]
	delete(r, outOrderNo)
	return kept
}

// read returns an order's events that are to be told: from the last list if they stand there, else
// from the order. A post that was refused may be made again much later, when the list is old.
func (r *run) read(ctx context.Context, job *tell.Job) (order.ToldEvents, error) {
	asked := order.EventsAsked{Since: job.Since, Types: r.target.Events}
	r.mu.Lock()
	kept := r.rows.take(job.OutOrderNo)
	r.mu.Unlock()
	if job.Tries == 0 && kept.execution != nil && !kept.changedAt.Before(job.Asked) {
		summary, shown := temporalio.Memo[order.View](kept.execution, order.SummaryMemo)
		told, held := temporalio.Memo[order.Told](kept.execution, order.ToldMemo)
		if events, enough := told.Events(summary, asked); shown && held && enough {
			events.Events = r.Links.Tell(events.Events, events.Order.ShopName)
			events.Order.Links = r.Links.Of(events.Order, kept.execution)
			return events, nil
		}
	}
	return r.ask(ctx, job, kept.execution, asked)
}

// ask asks an order, a closed one too. kept is its row where there is one.
func (r *run) ask(ctx context.Context, job *tell.Job, kept *workflowpb.WorkflowExecutionInfo, asked order.EventsAsked) (told order.ToldEvents, err error) {
	value, err := r.Temporal.QueryWorkflow(ctx, order.WorkflowID(r.appID, job.OutOrderNo), "", order.EventsQuery, asked)
	if err != nil {
		return told, err
	}
	if err := value.Get(&told); err != nil {
		return told, err
	}
	told.Events = r.Links.Tell(told.Events, told.Order.ShopName)
	told.Order.Links = r.Links.Of(told.Order, kept)
	return told, nil
}
