package service

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows"
)

// stopPatience is how long a worker may take to finish what it has begun. An activity that is cut
// is tried again elsewhere, and has to ask Alipay first whether its call had an effect.
const stopPatience = 10 * time.Second

// startWorkers starts a worker for the workflows and one for each app's calls to Alipay. Alipay
// limits calls by app, so each app has a task queue with a rate of its own: one app's burst
// must not hold up another's orders.
func (s *Service) startWorkers(ctx context.Context) ([]worker.Worker, error) {
	if !s.plays(RoleWorker) {
		return nil, nil
	}
	// Before the first call: a budget that others share already is not this process's alone.
	s.shareBudgets(ctx)
	s.capQueues(ctx)
	// The SDK keeps one cache for all workers of a process, and makes it with the first of them.
	worker.SetStickyWorkflowCacheSize(s.options.Config.Limits.WorkflowCache)
	// Workflows of all apps share one queue: they only decide, and wait for nothing outside.
	inner := s.newWorker(order.TaskQueue, worker.Options{})
	workflows.Register(inner)
	tokens := &activities.TokenKeeper{Temporal: s.options.Temporal, Namespace: s.options.Namespace, Ring: s.ring, Now: now}
	s.inside(tokens).Register(inner)
	(&activities.Bulk{Temporal: s.options.Temporal, Namespace: s.options.Namespace}).Register(inner)
	s.rollouts().Register(inner)
	// On the queue of all apps: the ISV's backend has no part in Alipay's limits.
	forwarder, err := s.newForwarder()
	if err != nil {
		return nil, err
	}
	forwarder.Register(inner)
	if err := s.registerDigests(inner); err != nil {
		return nil, err
	}
	s.registerKeeping(inner)
	workers := []worker.Worker{inner}
	// A queue paces the app over all processes, which no limiter inside one of them could.
	calls := s.alipayActivities(tokens)
	workers = append(workers, s.newCallers(calls)...)
	sweeps, err := s.newSweeps(calls, tokens)
	if err != nil {
		return nil, err
	}
	webhooks, err := s.newWebhooks()
	if err != nil {
		return nil, err
	}
	workers = append(append(workers, sweeps...), webhooks...)
	for i, one := range workers {
		if err := one.Start(); err != nil {
			// Those that run would otherwise poll on in a process that has failed.
			stopWorkers(workers[:i])
			return nil, fmt.Errorf("start a worker: %w; see whether Temporal is up and `miniflow setup` has run", err)
		}
	}
	return workers, nil
}

// inside are the activities that speak to Temporal.
func (s *Service) inside(tokens *activities.TokenKeeper) *activities.Inside {
	return &activities.Inside{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Tokens: tokens, Acts: s.acts,
		Adopting: activities.Adopting{
			Schedules: s.options.Config.Schedules, Policy: s.options.Config.Policy.Or(order.DefaultPolicy()), Now: now, Used: s.used,
		},
	}
}

// rollouts are the activities by which mass upgrades speak to Temporal.
func (s *Service) rollouts() *activities.Rollouts {
	return &activities.Rollouts{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Ring: s.ring, Files: filesOfOrders{s.fetcher, s.files},
		Now: now, Acts: s.acts, Used: s.used,
	}
}

// used reports whether the archive knows an order's number, of one that was purged too.
func (s *Service) used(ctx context.Context, appID, outOrderNo string) (bool, error) {
	if s.archive == nil {
		return false, nil
	}
	_, used, err := s.archive.Find(ctx, appID, outOrderNo)
	return used, err
}

// newCallers makes a worker for each app's calls to Alipay.
func (s *Service) newCallers(calls *activities.Alipay) []worker.Worker {
	workers := make([]worker.Worker, 0, len(s.apps))
	for _, app := range s.apps {
		one := s.newWorker(order.AlipayTaskQueue(app.config.ID), worker.Options{
			DisableWorkflowWorker:              true,
			Identity:                           s.identity,
			TaskQueueActivitiesPerSecond:       s.options.Config.Limits.AlipayCallsPerSecond,
			MaxConcurrentActivityExecutionSize: mostAtOnce(s.options.Config.Limits.AlipayCallsPerSecond),
		})
		calls.Register(one)
		calls.RegisterRollouts(one)
		calls.RegisterOnline(one)
		workers = append(workers, one)
	}
	return workers
}

// newWorker makes a worker whose activities send heartbeats, so that Temporal notices a process
// that died long before the activity's own time-out.
func (s *Service) newWorker(queue string, options worker.Options) worker.Worker {
	// The SDK's default is not to wait at all.
	options.WorkerStopTimeout = stopPatience
	options.Interceptors = []interceptor.WorkerInterceptor{&activities.Heartbeats{}}
	return worker.New(s.options.Temporal, queue, options)
}

// newSingle makes a worker for a queue of activities of which this process takes one at a time. They
// send heartbeats of their own, which are passed on once in beat at most; 0 leaves it to the SDK,
// which does so as rarely as their time-out allows.
func (s *Service) newSingle(queue string, beat time.Duration) worker.Worker {
	return worker.New(s.options.Temporal, queue, worker.Options{
		DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 1, MaxConcurrentActivityTaskPollers: 1,
		WorkerStopTimeout: stopPatience, Identity: s.identity, MaxHeartbeatThrottleInterval: beat,
	})
}

// stopWorkers stops the workers one after the other, because each lets what it has begun
// finish.
func stopWorkers(workers []worker.Worker) {
	for _, one := range workers {
		one.Stop()
	}
}

// alipayActivities are the calls to Alipay of every app. Which app a call is for is part of its
// input; the queue only paces it.
func (s *Service) alipayActivities(tokens activities.Tokens) *activities.Alipay {
	gateways, links := make(map[string]activities.Gateway, len(s.apps)), s.links()
	for _, app := range s.apps {
		gateways[app.config.ID] = app.client
	}
	return &activities.Alipay{
		Acts:     s.acts,
		Gateways: gateways, Redirects: links.RedirectURIs, Ring: s.ring, Files: filesOfOrders{s.fetcher, s.files},
		Tokens:  tokens,
		Ongoing: &activities.OngoingOrders{Temporal: s.options.Temporal, Namespace: s.options.Namespace},
		Numbers: &activities.NumberKeeper{Temporal: s.options.Temporal}, Now: now, Sleep: activities.Pause,
	}
}
