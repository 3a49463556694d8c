package service_test

import (
	"cmp"
	"context"
	"log/slog"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"

	"miniflow/activities"
	"miniflow/order"
)

// handed is what Temporal was given.
type handed struct {
	id           string
	notification order.Notification
	delivery     *order.DeliveryInput
}

// fakeTemporal stands in Temporal's place: one order runs at most, and everything else
// is written down.
type fakeTemporal struct {
	activities.TemporalClient // nothing else of Temporal is used
	came                      chan handed
	// runs is the workflow id of the order that runs, and missed are those that were looked for in vain.
	runs   string
	missed []string
}

func (m *fakeTemporal) next(t *testing.T) handed {
	t.Helper()
	return await(t, m.came, "the message")
}

func (m *fakeTemporal) SignalWorkflow(_ context.Context, id, _, _ string, arg any) error {
	if id != m.runs {
		m.missed = append(m.missed, id)
		return serviceerror.NewNotFound(id)
	}
	m.came <- handed{id: id, notification: arg.(order.Notification)}
	return nil
}

func (m *fakeTemporal) SignalWithStartWorkflow(_ context.Context, id, _ string, arg any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	m.came <- handed{id: id, notification: arg.(order.Notification)}
	return nil, nil
}

func (m *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	// It travels as JSON, as it would to a server.
	var input order.DeliveryInput
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(args...)
	if err == nil {
		err = converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
	}
	m.came <- handed{id: options.ID, notification: input.Notification, delivery: &input}
	return nil, err
}

func (m *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, serviceerror.NewNotFound(id)
}

func (m *fakeTemporal) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	return nil, serviceerror.NewNotFound(cmp.Or(id, "nobody"))
}

func silent() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
