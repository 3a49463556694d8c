package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/alipay/gateway"
	"miniflow/order"
)

// Alipay counts the calls of an application over all processes. Each worker process takes its share
// of that budget, and Temporal knows how many there are: they wait for the same tasks.
const (
	// shareEvery is how often a process looks who shares the budget, and shareSoon how often while
	// it, and others perhaps, have only begun. With very many apps it looks less often.
	shareEvery  = 5 * time.Second
	shareSoon   = time.Second
	sharePerApp = 500 * time.Millisecond
	// pollingWithin is how long ago a living worker has asked for a task at the latest: Temporal
	// lets it wait for a minute, and then it asks again.
	pollingWithin = 90 * time.Second
)

// newIdentity returns a name under which Temporal counts this process. The system's own name for it
// is not enough: a process in a container is number one in each.
func newIdentity() string { return processName() + "/" + rand.Text()[:8] }

// workersAmong returns how many processes wait for tasks: those that have asked lately, and this
// one. Temporal remembers a process that has ended for minutes.
func workersAmong(pollers []*taskqueuepb.PollerInfo, own string, now time.Time) int {
	living := map[string]bool{own: true}
	for _, poller := range pollers {
		if now.Sub(poller.GetLastAccessTime().AsTime()) < pollingWithin {
			living[poller.GetIdentity()] = true
		}
	}
	return len(living)
}

// shareBudgets sets each app's share by who waits for its calls. What can't be known stays as it
// was: a share that is a little wrong is better than none.
func (s *Service) shareBudgets(ctx context.Context) {
	for i := range s.apps {
		queue := order.AlipayTaskQueue(s.apps[i].config.ID)
		described, err := s.options.Temporal.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		if err != nil {
			if ctx.Err() == nil {
				s.options.Log.Warn("who shares the budget of calls is not known; the share stays as it is", "app_id", s.apps[i].config.ID, "error", err)
			}
			continue
		}
		s.apps[i].budget.ShareWith(workersAmong(described.GetPollers(), s.identity, now()))
	}
}

// keepSharing looks who shares the budgets, time and again.
func (s *Service) keepSharing(ctx context.Context) {
	const begun = 5
	for looked := 0; ; looked++ {
		pause := max(shareEvery, time.Duration(len(s.apps))*sharePerApp)
		if looked < begun {
			pause = shareSoon
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			s.shareBudgets(ctx)
		}
	}
}

// capQueues sets the rate of each app's queue in Temporal itself, where it rules over what any
// worker says, also one of an older configuration. It counts tries of activities, and a try makes
// one call or more, so it never holds back what the budget allows; it keeps a burst in the queue,
// where waiting costs nothing, and is the ceiling while processes come and go.
func (s *Service) capQueues(ctx context.Context) {
	for _, app := range s.apps {
		_, err := s.options.Temporal.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
			Namespace: s.options.Namespace, Identity: s.identity,
			TaskQueue: order.AlipayTaskQueue(app.config.ID), TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
			UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{
				RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: float32(s.options.Config.Limits.AlipayCallsPerSecond)},
				Reason:    "limits.alipay_calls_per_second",
			},
		})
		if err != nil && ctx.Err() == nil {
			s.options.Log.Warn("the rate of the queue could not be set; the one that workers ask for holds", "app_id", app.config.ID, "error", err)
		}
	}
}

// mostAtOnce is how many activities of an app a process works on at once. It is as many as its
// budget serves in a few seconds: the others wait in Temporal, where no time-out runs.
func mostAtOnce(callsPerSecond float64) int {
	const seconds, least, most = 10, 20, 1000
	return min(most, max(least, int(seconds*callsPerSecond)))
}

// observeBudgets shows how many calls a worker may make, and how long calls wait for their turn.
func (s *Service) observeBudgets() error {
	waits := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "miniflow_alipay_wait_seconds",
		Help:    "Time that a call to Alipay waited for its turn in the budget.",
		Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"app_id", "turn"})
	if err := s.options.Registry.Register(waits); err != nil {
		return fmt.Errorf("register the metric of waits: %w", err)
	}
	for _, app := range s.apps {
		if err := s.observeShare(app); err != nil {
			return err
		}
		app.budget.Observe = func(turn gateway.Turn, waited time.Duration) {
			waits.WithLabelValues(app.config.ID, turn.String()).Observe(waited.Seconds())
		}
	}
	return nil
}

// observeShare shows a worker's part of an app's budget; the parts of all workers are the whole.
func (s *Service) observeShare(app app) error {
	if !s.plays(RoleWorker) {
		return nil
	}
	share := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "miniflow_alipay_calls_per_second",
		Help:        "Calls to Alipay a second that this process may make: its share of the app's budget.",
		ConstLabels: prometheus.Labels{"app_id": app.config.ID},
	}, func() float64 { return s.options.Config.Limits.AlipayCallsPerSecond / float64(app.budget.Sharers()) })
	if err := s.options.Registry.Register(share); err != nil {
		return fmt.Errorf("register the metric of the share: %w", err)
	}
	return nil
}
