package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/time/rate"

	"miniflow/internal/archive"
	"miniflow/order"
	"miniflow/temporalio"
)

// archivedPerSecond paces a pass: it shares Temporal with orders that run.
const archivedPerSecond = 50

// archivePage is how many closed orders are listed at once.
const archivePage = 200

// Archived says how far a pass has come.
type Archived struct {
	// Seen are the closed orders that were looked at, and Added those that were not archived before.
	Seen, Added int
	// Failed could not be archived now. A later pass takes them; Last is why, of one of them.
	Failed int
	Last   error
}

// Archive archives the orders whose runs have closed since a moment, each once, and tells of its
// progress. Passes in several processes at once, or again after a crash, are harmless.
func (a *API) Archive(ctx context.Context, since time.Time, tell func(Archived)) (Archived, error) {
	if a.config.Archive == nil {
		return Archived{}, errors.New("no archive is configured; set archive.folder or archive.s3")
	}
	var done Archived
	pace := rate.NewLimiter(archivedPerSecond, 1)
	query := temporalio.NewQuery(order.WorkflowType, a.appIDs()...).Where("ExecutionStatus != 'Running'")
	if !since.IsZero() {
		query = query.Where("CloseTime >= " + temporalio.Quote(since.UTC().Format(time.RFC3339Nano)))
	}
	var page []byte
	for {
		listed, err := a.config.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: a.config.Namespace, Query: query.String(), PageSize: archivePage, NextPageToken: page,
		})
		if err != nil {
			return done, fmt.Errorf("list the orders that have ended: %w", err)
		}
		for _, info := range listed.GetExecutions() {
			if err := pace.Wait(ctx); err != nil {
				return done, err
			}
			a.archiveOne(ctx, info, &done)
		}
		tell(done)
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return done, nil
		}
	}
}

func (a *API) appIDs() []string {
	ids := make([]string, 0, len(a.apps))
	for id := range a.apps {
		ids = append(ids, id)
	}
	return ids
}

func (a *API) archiveOne(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, done *Archived) {
	done.Seen++
	added, err := a.archiveRun(ctx, info)
	switch {
	case temporalio.NotFound(err): // it was deleted meanwhile
	case err != nil:
		done.Failed++
		done.Last = err
	case added:
		done.Added++
	}
}

// archiveRun archives one closed run. One that has begun again since is archived with its last run.
func (a *API) archiveRun(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (bool, error) {
	summary, known := summaryOf[order.View](info)
	if !known {
		return false, nil
	}
	kept, found, err := a.config.Archive.Find(ctx, summary.AppID, summary.OutOrderNo)
	closed := momentOf(info.GetCloseTime())
	if err != nil || found && (kept.Purged || !kept.ClosedAt.Before(closed.Truncate(time.Millisecond))) {
		return false, err
	}
	view, err := a.closedView(ctx, info, summary)
	if err != nil || view.OutOrderNo == "" {
		return false, err
	}
	input, err := inputOf[order.Input](ctx, a, info)
	if err != nil {
		return false, fmt.Errorf("read what an order was asked for: %w", err)
	}
	entry := archive.Entry{ClosedAt: closed, Order: view, Events: order.EventsOf(view, nil, order.EventsAsked{}).Events}
	if asked, err := a.asked(ctx, input.Request); err == nil && len(asked) > 0 {
		entry.Asked = asked[0]
	} // one whose seals do not open any more is archived all the same: no start is the same as it
	return a.config.Archive.Keep(ctx, entry)
}

// closedView returns how an order stood when its run closed: the run's own result, or what is known of
// one that was closed from outside. It is empty for a run that another has followed.
func (a *API) closedView(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, summary order.View) (order.View, error) {
	if info.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		f, err := a.look(ctx, summary.AppID, summary.OutOrderNo)
		if err != nil || f.runID() != info.GetExecution().GetRunId() {
			return order.View{}, err
		}
		return f.shown(a.config.Now()), nil
	}
	last, err := a.oneEvent(ctx, info, enums.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	if err != nil {
		return order.View{}, fmt.Errorf("read how an order ended: %w", err)
	}
	var view order.View
	result := last.GetWorkflowExecutionCompletedEventAttributes().GetResult()
	if err := converter.GetDefaultDataConverter().FromPayloads(result, &view); err != nil {
		return order.View{}, fmt.Errorf("read how an order ended: %w", err)
	}
	view.Execution = order.ExecutionRunning // as one that has ended by itself is shown
	return view, nil
}
