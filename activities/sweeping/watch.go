package sweeping

import (
	"context"
	"fmt"
	"sync/atomic"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/temporalio"
)

// watchedAtOnce is how many mini programs are on a page, and watchesAtOnce how many of them are asked
// about at a time; the budget paces them, after all other calls.
const (
	watchedAtOnce = 50
	watchesAtOnce = 4
)

// Watch asks about a page of mini programs. Repeating it is harmless: it changes nothing, and a mini
// program that is told what it knows does nothing.
func (s *Sweeper) Watch(ctx context.Context, call activities.WatchCall) (watched activities.Watched, _ error) {
	err := activities.Beating(gateway.WithTurn(ctx, gateway.TurnLook), func() any { return nil }, func(ctx context.Context) (err error) {
		watched, err = s.watch(ctx, call)
		return err
	})
	return watched, err
}

func (s *Sweeper) watch(ctx context.Context, call activities.WatchCall) (watched activities.Watched, _ error) {
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, call.AppID).Running().String()
	if len(call.Page) == 0 {
		counted, err := s.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.Namespace, Query: query})
		if err != nil {
			return watched, fmt.Errorf("count the mini programs: %w", err)
		}
		watched.Of = counted.GetCount()
	}
	page, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.Namespace, Query: query, PageSize: watchedAtOnce, NextPageToken: call.Page,
	})
	if err != nil {
		return watched, fmt.Errorf("list the mini programs: %w", err)
	}
	watched.Listed, watched.Next = len(page.GetExecutions()), page.GetNextPageToken()
	return watched, s.look(ctx, call.AppID, page.GetExecutions(), &watched)
}

// look asks about those that have a token; without one nothing can be asked.
func (s *Sweeper) look(ctx context.Context, appID string, rows []*workflowpb.WorkflowExecutionInfo, watched *activities.Watched) error {
	var ids []string
	living := rows[:0:0]
	for _, row := range rows {
		id, named := temporalio.Attribute[string](row, order.AttributeMiniAppID)
		if token, known := temporalio.Memo[*order.Token](row, order.TokenMemo); named && known && token != nil {
			ids, living = append(ids, id), append(living, row)
		}
	}
	if err := s.Tokens.Foresee(ctx, appID, ids); err != nil {
		return err
	}
	watched.Asked = len(ids)
	var told, unanswered atomic.Int64
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(watchesAtOnce)
	for i, row := range living {
		asking.Go(func() error {
			news, err := s.lookAt(ctx, appID, ids[i], row)
			switch {
			case err != nil && ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				unanswered.Add(1)
			case news:
				told.Add(1)
			}
			return nil
		})
	}
	err := asking.Wait()
	watched.Told, watched.Unanswered = int(told.Load()), int(unanswered.Load())
	return err
}

// lookAt asks about one mini program, and tells it what is news to it. One that has ended meanwhile has
// nothing to know.
func (s *Sweeper) lookAt(ctx context.Context, appID, miniAppID string, row *workflowpb.WorkflowExecutionInfo) (news bool, _ error) {
	known, says := temporalio.Memo[order.OnlineKnown](row, order.OnlineMemo)
	at := s.Now().UTC()
	answer, err := s.Asker.LookOnline(ctx, activities.OnlineQuestion{
		AppID: appID, MiniAppID: miniAppID, BundleID: known.BundleID, AppVersion: known.AppVersion,
	})
	if err != nil || !isNews(known, says, answer) {
		return false, err
	}
	err = s.Temporal.SignalWorkflow(ctx, row.GetExecution().GetWorkflowId(), "", order.SightSignal, activities.Sighting{OnlineAnswer: answer, At: at})
	if temporalio.NotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// isNews reports whether Alipay shows something else than a mini program says of itself.
func isNews(known order.OnlineKnown, says bool, answer activities.OnlineAnswer) bool {
	switch {
	case !says:
		return answer.AppVersion != ""
	case known.Down == "":
		return answer.AppVersion != known.AppVersion
	}
	return answer.AppVersion != "" || answer.Was == activities.VersionAuditOffline && known.Down != order.DownByForce
}
