package service

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// Who acts for an order is configuration, and orders that run have to hear of a change.

// acts reports whether Miniflow acts for a merchant of an app, by the ISV's own id of the merchant.
func (s *Service) acts(appID, merchantRef string) bool {
	for i := range s.apps {
		if s.apps[i].config.ID == appID {
			return s.apps[i].client.Acts(merchantRef)
		}
	}
	return false
}

// observes reports whether another system acts for an app's orders, but for single merchants.
func (s *Service) observes(appID string) bool {
	for i := range s.apps {
		if s.apps[i].config.ID == appID {
			return s.apps[i].config.Mode == order.ModeObserve
		}
	}
	return false
}

// leastWalks is how often a process goes through the orders at least: while it replaces another, that
// one may still tell an order otherwise.
const leastWalks = 2

// keepModes tells the running orders who acts for them, where that is not what they know, until all
// of them know.
func (s *Service) keepModes(ctx context.Context) {
	for walks := 1; ; walks++ {
		told := 0
		for i := range s.apps {
			n, err := s.tellModes(ctx, &s.apps[i])
			if told += n; err != nil && ctx.Err() == nil {
				s.options.Log.Warn("orders could not be told who acts for them; tried again", "app_id", s.apps[i].config.ID, "error", err)
				told++
			}
		}
		if told == 0 && walks >= leastWalks {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.options.Config.Schedules.Sweep.Std()):
		}
	}
}

// tellModes goes through an app's running orders once, and returns how many it had to tell.
func (s *Service) tellModes(ctx context.Context, a *app) (told int, err error) {
	const page = 500
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.options.Namespace, PageSize: page, Query: temporalio.NewQuery(order.WorkflowType, a.config.ID).Running().String(),
	}
	for {
		listed, err := s.options.Temporal.ListWorkflow(ctx, request)
		if err != nil {
			return told, fmt.Errorf("list the orders that run: %w", err)
		}
		for _, row := range listed.GetExecutions() {
			view, known := temporalio.Memo[order.View](row, order.SummaryMemo)
			acts := a.client.Acts(view.MerchantRef)
			if !known || view.Observed != acts {
				continue
			}
			told++
			if err := s.tellMode(ctx, row.GetExecution().GetWorkflowId(), acts); err != nil {
				return told, err
			}
		}
		if request.NextPageToken = listed.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return told, nil
		}
	}
}

func (s *Service) tellMode(ctx context.Context, workflowID string, acts bool) error {
	poke := order.Poke{Mode: order.ModeObserve}
	if acts {
		poke.Mode = order.ModeActive
	}
	err := s.options.Temporal.SignalWorkflow(ctx, workflowID, "", order.PokeSignal, poke)
	if err != nil && !temporalio.NotFound(err) {
		return fmt.Errorf("tell %s who acts for it: %w", workflowID, err)
	}
	return nil
}
