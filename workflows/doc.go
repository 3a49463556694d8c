// Package workflows holds the workflow Order, one piece of an ISV's work on one mini
// program, and registers those beside it: MiniProgram, the entity behind messages that
// name only the app; Delivery, a verified message with no order to go to; and
// LongConnection, which elects one process for an app's link.
//
// It promises that a message changes an order at most once, that every message received
// gets exactly one final disposition, and that no stage is entered except through
// order.Next. Messages are evidence: Alipay's own query decides, where it can be asked.
//
// Begin with order.go, which is the story of an order, and order_loop.go, which is what
// goes on beside it. A message's life is in order_messages.go.
//
// The code is deterministic: no clock, no chance, no map order, no call except
// through activities. It is replayed from histories that an older version has recorded.
package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows/delivery"
	"miniflow/workflows/durable"
	"miniflow/workflows/miniprogram"
)

// Registry is where workflows are registered: a worker, a replayer or a test environment, which
// have only this in common.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register registers every workflow under its name. Histories hold the names, so they are not the
// functions'.
func Register(registry Registry) {
	registry.RegisterWorkflowWithOptions(Order, workflow.RegisterOptions{Name: order.WorkflowType})
	registry.RegisterWorkflowWithOptions(miniprogram.Workflow, workflow.RegisterOptions{Name: order.MiniProgramWorkflowType})
	registry.RegisterWorkflowWithOptions(delivery.Workflow, workflow.RegisterOptions{Name: order.DeliveryWorkflowType})
	registry.RegisterWorkflowWithOptions(LongConnection, workflow.RegisterOptions{Name: order.LongConnectionWorkflowType})
}

// LongConnection elects the process that keeps an app's long connection: all that
// play the role wait for one activity, and Temporal gives it to one of them. When
// that process stops, or its heartbeat does, another gets it. Alipay documents
// nothing about several connections of one app, so there is one.
//
// Attempts of an activity leave nothing in a history: this workflow can run for ever.
func LongConnection(ctx workflow.Context, appID string) error {
	call := activities.LongConnectionCall{AppID: appID}
	return durable.Start(ctx, appID, activities.HoldLongConnection, call, "hold the long connection of app "+appID).Get(ctx, nil)
}
