package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"miniflow/activities"
)

// testEnv is one worker's place: activities that run one attempt at a time, the
// number of which the test chooses.
type testEnv struct {
	t   testing.TB
	env *testsuite.TestActivityEnvironment
	// attempt is the number of the next try.
	attempt int32
	// workflow is the id of the workflow that the next try is for, and run that of its run.
	workflow, run string
	// beatWithin is the heartbeat time-out that the workflow asked for.
	beatWithin time.Duration
	beats      atomic.Int32
	// counted are the counters that activities have raised, each with its cause.
	counted *counters
}

// counters is a metrics handler that remembers counters alone.
type counters struct {
	client.MetricsHandler
	mu    *sync.Mutex
	all   map[string]int64
	cause string
}

func newCounters() *counters {
	return &counters{MetricsHandler: client.MetricsNopHandler, mu: &sync.Mutex{}, all: map[string]int64{}}
}

func (c *counters) WithTags(tags map[string]string) client.MetricsHandler {
	tagged := *c
	if cause := tags["cause"]; cause != "" {
		tagged.cause = cause
	}
	return &tagged
}

func (c *counters) Counter(name string) client.MetricsCounter {
	return raise(func(delta int64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all[strings.TrimSpace(name+" "+c.cause)] += delta
	})
}

type raise func(int64)

func (r raise) Inc(delta int64) { r(delta) }

// newTestEnv makes a place for the activities that register registers.
func newTestEnv(t testing.TB, register func(activities.Registry), more ...interceptor.WorkerInterceptor) *testEnv {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	counted := newCounters()
	suite.SetMetricsHandler(counted)
	d := &testEnv{t: t, env: suite.NewTestActivityEnvironment(), attempt: 1, counted: counted}
	// The last interceptor is the nearest to the activity and the first to hear what it says.
	d.env.SetWorkerOptions(worker.Options{Interceptors: append(more, &setting{testEnv: d})})
	register(d.env)
	return d
}

// try runs one attempt and decodes its result into want's type.
func (d *testEnv) try(name string, input any) (json.RawMessage, error) {
	value, err := d.env.ExecuteActivity(name, input)
	if err != nil || !value.HasValue() {
		return nil, err
	}
	var result json.RawMessage
	if err := value.Get(&result); err != nil {
		d.t.Errorf("read the result of %s: %v", name, err)
	}
	return result, nil
}

// resolve tries until the activity has resolved, and says how often: a question as
// Temporal would, an act as its order would, by another call. The input of that is
// again, where it is given.
func (d *testEnv) resolve(name string, input any, again ...any) (json.RawMessage, int, error) {
	const enough = 5
	for tries := 1; ; tries++ {
		result, err := d.try(name, input)
		switch {
		case err == nil || tries == enough:
			return result, tries, err
		case retryable(err):
			d.attempt++
		case unknown(err):
			if len(again) > 0 {
				input = again[0]
			}
		default:
			return result, tries, err
		}
	}
}

// unknown reports whether an act ended so that its order makes the same call again.
func unknown(err error) bool {
	return err != nil && !retryable(err) && activities.FailureOf(err).Class == activities.FailureUnknown
}

// retryable reports whether Temporal would try again after an error.
func retryable(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && !application.NonRetryable()
}

// failureOf is how an act ended that was to fail.
func failureOf(t testing.TB, err error) *activities.Failure {
	t.Helper()
	if err == nil {
		t.Fatal("it succeeded")
	}
	return activities.FailureOf(err)
}

// decoded reads a result.
func decoded[T any](t testing.TB, result json.RawMessage) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(result, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// sameJSON compares a result with what it should be.
func sameJSON(t testing.TB, got json.RawMessage, want any) {
	t.Helper()
	written, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if want == nil {
		written = nil
	}
	if diff := cmp.Diff(string(written), string(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// setting tells activities what the testEnv says about their attempt, and counts heartbeats.
type setting struct {
	interceptor.WorkerInterceptorBase
	testEnv *testEnv
}

func (s *setting) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	inbound := &settingInbound{testEnv: s.testEnv}
	inbound.Next = next
	return inbound
}

type settingInbound struct {
	interceptor.ActivityInboundInterceptorBase
	testEnv *testEnv
}

func (s *settingInbound) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	wrapped := &settingOutbound{testEnv: s.testEnv}
	wrapped.Next = outbound
	return s.Next.Init(wrapped)
}

type settingOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
	testEnv *testEnv
}

func (s *settingOutbound) GetInfo(ctx context.Context) activity.Info {
	info := s.Next.GetInfo(ctx)
	info.Attempt, info.HeartbeatTimeout = s.testEnv.attempt, s.testEnv.beatWithin
	info.WorkflowExecution.ID, info.WorkflowExecution.RunID = s.testEnv.workflow, s.testEnv.run
	return info
}

func (s *settingOutbound) RecordHeartbeat(ctx context.Context, details ...any) {
	s.testEnv.beats.Add(1)
	s.Next.RecordHeartbeat(ctx, details...)
}
