package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// Registry is where workflows are registered: a worker, a replayer or a test environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register registers every workflow under its name.
func Register(registry Registry) {
	registry.RegisterWorkflowWithOptions(Order, workflow.RegisterOptions{Name: order.WorkflowType})
	registry.RegisterWorkflowWithOptions(MiniProgram, workflow.RegisterOptions{Name: order.MiniProgramWorkflowType})
	registry.RegisterWorkflowWithOptions(Delivery, workflow.RegisterOptions{Name: order.DeliveryWorkflowType})
	registry.RegisterWorkflowWithOptions(LongConnection, workflow.RegisterOptions{Name: order.LongConnectionWorkflowType})
}
