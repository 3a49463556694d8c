// Package gather finds everything of an app that needs a person: in Temporal's visibility, in the state
// of the app's webhook, and in the certificates that the process has read.
//
// It promises that what it asks of Temporal does not grow with what runs well: lists are filtered, and
// no order and no mini program is asked by itself.
package gather

import (
	"context"
	"fmt"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/temporalio"
)

// Temporal is as much of a client as a Gatherer needs.
type Temporal interface {
	ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, query string, args ...any) (converter.EncodedValue, error)
}

// Certificate is one that calls or messages of an app are proved with.
type Certificate struct {
	Serial string
	// Own is set of the application's own certificate; others are Alipay's.
	Own   bool
	Until time.Time
}

// Gatherer gathers. It is safe for concurrent use.
type Gatherer struct {
	Temporal  Temporal
	Namespace string
	// Links makes the links of orders.
	Links temporalio.Links
	// Certificates returns those of an app, as the process knows them now; nil knows none.
	Certificates func(appID string) []Certificate
	// Webhook reports whether an app has a webhook; nil is for no app.
	Webhook func(appID string) bool
	Now     func() time.Time
}

// Found is everything that needs a person, the most urgent first.
type Found struct {
	Items []attention.Item
	// Complete is false where there is more than is read at once.
	Complete bool
}

const (
	// pageSize is how many rows are read at once, and mostRows how many of one kind of workflow.
	pageSize = 200
	mostRows = 2000
)

// Of gathers what needs a person in an app. An error means that nothing is known, rather than that
// nothing is needed.
func (g *Gatherer) Of(ctx context.Context, appID string) (Found, error) {
	found := Found{Complete: true}
	for _, look := range []func(context.Context, string, *Found) error{
		g.orders, g.rollouts, g.miniPrograms, g.deliveries, g.forwards, g.webhook, g.certificates,
	} {
		if err := look(ctx, appID, &found); err != nil {
			return Found{}, err
		}
	}
	slices.SortFunc(found.Items, attention.ByUrgency)
	return found, nil
}

func (f *Found) add(items ...attention.Item) { f.Items = append(f.Items, items...) }

// has reports whether an item is there already.
func (f *Found) has(id string) bool {
	return slices.ContainsFunc(f.Items, func(item attention.Item) bool { return item.ID == id })
}

// rows lists what a query finds, up to the bound.
func (g *Gatherer) rows(ctx context.Context, query *temporalio.Query, found *Found) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var rows []*workflowpb.WorkflowExecutionInfo
	for token, more := []byte(nil), true; more; more = len(token) > 0 {
		if len(rows) >= mostRows {
			found.Complete = false
			break
		}
		page, err := g.page(ctx, query.String(), pageSize, token)
		if err != nil {
			return nil, err
		}
		rows, token = append(rows, page.GetExecutions()...), page.GetNextPageToken()
	}
	return temporalio.CurrentRuns(ctx, rows, temporalio.RunsOf, g.page)
}

func (g *Gatherer) page(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	page, err := g.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: g.Namespace, PageSize: int32(size), NextPageToken: token, Query: query, //nolint:gosec // size is some hundreds at most
	})
	if err != nil {
		return nil, fmt.Errorf("list what needs a person: %w", err)
	}
	return page, nil
}

// stopped is the condition of a workflow that a person has to see to.
const stopped = temporalio.WhereClosed + " OR " + temporalio.WherePaused + " OR (" + temporalio.WhereFailing + ")"

// stoppedSince is when a workflow was stopped, as far as a list knows that.
func stoppedSince(row *workflowpb.WorkflowExecutionInfo, otherwise time.Time) time.Time {
	if closed := row.GetCloseTime(); closed != nil {
		return closed.AsTime()
	}
	return otherwise
}

// executionShown leaves out that a workflow runs.
func executionShown(execution order.Execution) order.Execution {
	if execution == order.ExecutionRunning {
		return ""
	}
	return execution
}
