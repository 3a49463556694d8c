package sweeping

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"miniflow/activities"
	"miniflow/look"
)

// Temporal is as much of a client as a Sweep needs: lists, and the poke of an order with news.
type Temporal interface {
	ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	DescribeWorkflowExecution(ctx context.Context, id, run string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	SignalWorkflow(ctx context.Context, id, run, name string, arg any) error
}

// Asker asks Alipay once about an order; *activities.Alipay is one.
type Asker interface {
	LookAtMerchant(context.Context, activities.MerchantQuestion) (activities.MerchantAnswer, error)
	LookAtFiling(context.Context, activities.VersionQuestion) (activities.FilingAnswer, error)
	LookOnline(context.Context, activities.OnlineQuestion) (activities.OnlineAnswer, error)
	LookAtVersion(context.Context, activities.VersionQuestion) (activities.VersionAnswer, error)
}

// Tokens is told which tokens are about to be needed; *activities.TokenKeeper is one.
type Tokens interface {
	Foresee(ctx context.Context, appID string, miniAppIDs []string) error
}

// Sweeper holds the activities of every app's Sweep.
type Sweeper struct {
	Temporal  Temporal
	Namespace string
	Asker     Asker
	Tokens    Tokens
	Settings  look.Settings
	// Workers returns how many processes call Alipay for an app, this one among them.
	Workers func(appID string) int
	Metrics *Metrics
	Now     func() time.Time
}

// Register registers the activities on a worker of order.SweepTaskQueue that runs one at a time.
func (s *Sweeper) Register(registry activities.Registry) {
	registry.RegisterActivityWithOptions(s.Plan, activity.RegisterOptions{Name: activities.PlanSweep.Name})
	registry.RegisterActivityWithOptions(s.Watch, activity.RegisterOptions{Name: activities.WatchOnline.Name})
	registry.RegisterActivityWithOptions(s.Sweep, activity.RegisterOptions{Name: activities.Sweep.Name})
}
