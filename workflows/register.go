package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/workflows/attending"
	"miniflow/workflows/bulk"
	"miniflow/workflows/delivery"
	"miniflow/workflows/digest"
	"miniflow/workflows/miniprogram"
	"miniflow/workflows/rolling"
	"miniflow/workflows/sweep"
	"miniflow/workflows/watching"
	"miniflow/workflows/webhook"
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
	registry.RegisterWorkflowWithOptions(sweep.Workflow, workflow.RegisterOptions{Name: order.SweepWorkflowType})
	registry.RegisterWorkflowWithOptions(webhook.Workflow, workflow.RegisterOptions{Name: order.WebhookWorkflowType})
	registry.RegisterWorkflowWithOptions(attending.Workflow, workflow.RegisterOptions{Name: order.AttentionWorkflowType})
	registry.RegisterWorkflowWithOptions(digest.Workflow, workflow.RegisterOptions{Name: order.DigestWorkflowType})
	registry.RegisterWorkflowWithOptions(watching.Workflow, workflow.RegisterOptions{Name: order.WatchWorkflowType})
	registry.RegisterWorkflowWithOptions(bulk.Workflow, workflow.RegisterOptions{Name: order.BulkWorkflowType})
	registry.RegisterWorkflowWithOptions(rolling.Workflow, workflow.RegisterOptions{Name: rollout.WorkflowType})
	registry.RegisterWorkflowWithOptions(LongConnection, workflow.RegisterOptions{Name: order.LongConnectionWorkflowType})
}
