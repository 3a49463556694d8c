package sweeping

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

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
	registry.RegisterActivityWithOptions(s.Sweep, activity.RegisterOptions{Name: activities.Sweep.Name})
}

// beatEvery is well below the heartbeat's time-out.
const beatEvery = 3 * time.Second

// beating runs work beside a heartbeat with where it is, and ends it when the worker stops. What
// the heartbeat said last is where the next attempt goes on.
func beating(ctx context.Context, where func() any, work func(context.Context) error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-running.Done():
				return
			case <-activity.GetWorkerStopChannel(ctx):
				stop()
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, where())
			}
		}
	}()
	err := work(running)
	if running.Err() == nil || ctx.Err() != nil {
		return err
	}
	activity.RecordHeartbeat(ctx, where())
	return temporal.NewApplicationErrorWithOptions("this worker stops, another goes on", activities.TypeHandedOver,
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
}
