package sweeping

import (
	"context"
	"fmt"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/look"
	"miniflow/order"
	"miniflow/temporalio"
)

// waiting returns the query for an app's orders that wait.
func waiting(appID string) *temporalio.Query {
	return temporalio.NewQuery(order.WorkflowType, appID).Running().Where(order.AttributeNextLook + " IS NOT NULL")
}

// first returns the query for the orders that are asked about for the first time, and for those that
// each pass asks about.
func first(appID string, plan look.Plan) *temporalio.Query {
	query := temporalio.NewQuery(order.WorkflowType, appID).Running().Where(next + " <= " + moment(plan.At))
	if plan.BriskAll() || plan.Since.IsZero() {
		return query
	}
	return query.Where("(" + next + " > " + moment(plan.Since) + " OR " + order.AttributeOrderStage + " = " + releasing + ")")
}

// in returns the query for a stretch of the orders that wait.
func in(appID string, stretch look.Stretch) *temporalio.Query {
	query := temporalio.NewQuery(order.WorkflowType, appID).Running()
	switch {
	case stretch.From.IsZero() && stretch.Until.IsZero():
		query = query.Where(next + " IS NOT NULL")
	case !stretch.From.IsZero():
		query = query.Where(next + " > " + moment(stretch.From))
	}
	if !stretch.Until.IsZero() {
		query = query.Where(next + " <= " + moment(stretch.Until))
	}
	switch {
	case stretch.Releasing:
		return query.Where(order.AttributeOrderStage + " = " + releasing)
	case stretch.Others:
		return query.Where(order.AttributeOrderStage + " != " + releasing)
	}
	return query
}

const next = order.AttributeNextLook

var releasing = temporalio.Quote(string(order.StageReleasing))

// ofRound narrows a query to the orders of a round.
func ofRound(query *temporalio.Query, round *look.Round) *temporalio.Query {
	if len(round.Topics) == 0 {
		return query
	}
	topics := make([]string, 0, len(round.Topics))
	for _, topic := range round.Topics {
		topics = append(topics, "("+ofTopic(topic)+")")
	}
	return query.Where("(" + strings.Join(topics, " OR ") + ")")
}

// ofTopic is the condition under which an order may wait for a topic.
func ofTopic(topic look.Topic) string {
	kind, stage := order.AttributeOrderKind, order.AttributeOrderStage
	merchant := temporalio.Quote(string(order.StageAwaitingMerchant))
	switch topic {
	case look.TopicConfirmation:
		return kind + " = " + temporalio.Quote(string(order.KindFormal)) + " AND " + stage + " = " + merchant
	case look.TopicRegistration:
		return kind + " = " + temporalio.Quote(string(order.KindTrial))
	case look.TopicAudit:
	}
	return stage + " != " + merchant
}

// twice returns the query for those orders of a round that take two questions: a trial's version is
// asked about beside its certification. It returns nil where there can be none.
func twice(appID string, round *look.Round) *temporalio.Query {
	both := len(round.Topics) == 0
	for _, topic := range round.Topics {
		both = both || topic == look.TopicRegistration && len(round.Topics) > 1
	}
	if !both {
		return nil
	}
	return waiting(appID).Where("(" + ofTopic(look.TopicRegistration) + ") AND (" + ofTopic(look.TopicAudit) + ")")
}

func moment(at time.Time) string { return temporalio.Quote(at.UTC().Format(time.RFC3339Nano)) }

func (s *Sweeper) count(ctx context.Context, query *temporalio.Query) (int, error) {
	counted, err := s.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.Namespace, Query: query.String()})
	if err != nil {
		return 0, fmt.Errorf("count the orders that wait: %w", err)
	}
	return int(counted.GetCount()), nil
}

// page lists one page of orders, and returns where the next begins, nil after the last.
func (s *Sweeper) page(ctx context.Context, query *temporalio.Query, size int, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	listed, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.Namespace, Query: query.String(), PageSize: int32(min(size, mostListed)), NextPageToken: token, //nolint:gosec // bounded
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list the orders that wait: %w", err)
	}
	if next := listed.GetNextPageToken(); len(next) > 0 {
		return listed.GetExecutions(), next, nil
	}
	return listed.GetExecutions(), nil, nil
}

// mostListed bounds a page: rows carry their memos.
const mostListed = 500
