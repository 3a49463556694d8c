package crossings

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// workerPlan decides what goes wrong with the workers of a life.
type workerPlan struct {
	seed uint64
	// crowdedAt is the length of a history at which runs continue as new.
	crowdedAt int
	// fate decides whether the worker dies with this attempt, and where.
	fate func(j *job) death
}

// death is how a worker dies.
type death int

const (
	lives death = iota
	// diesBefore means that it takes the activity and does nothing.
	diesBefore
	// diesAfter means that the effect happened, but its result is lost.
	diesAfter
	// fails means that the effect happened, but the function returns an error that is
	// retried.
	fails
)

// missed is how long a server waits for the heartbeat of a dead worker.
const missed = 10 * time.Second

// job is one activity, from its scheduling to its end.
type job struct {
	e          *engine
	x          *execution
	name       string
	activityID string
	options    workflow.ActivityOptions
	rng        *rand.Rand
	at         time.Time // when it was scheduled

	attempt int
	fate    death
	cancel  context.CancelFunc
	// run is the run of the workflow that waits for it.
	run      int
	settable workflow.Settable
	args     []any
	result   any
	err      error

	// begun is set while an attempt runs.
	begun bool
	// stopping is set when the workflow has cancelled it, ended when nobody waits for it any
	// more.
	stopping, ended bool
	resume          chan any
	yielded         chan yield
}

// yield is why an activity returns control to the loop.
type yield struct {
	sleep time.Duration
	wait  func(resume func(any))
	done  bool
}

type jobKey struct{}

// jobOf returns the job that a context belongs to; nil outside of one.
func jobOf(ctx context.Context) *job {
	j, _ := ctx.Value(jobKey{}).(*job)
	return j
}

// schedule records an activity that a workflow scheduled, and begins it a moment later.
func (e *engine) schedule(x *execution, name string, args []any, options workflow.ActivityOptions, settable workflow.Settable) *job {
	x.acts++
	j := &job{
		e: e, x: x, name: name, options: options, activityID: fmt.Sprintf("%d-%d", x.runs, x.acts), at: e.now(),
		run: x.runs, settable: settable, args: args, cancel: func() {},
		resume: make(chan any), yielded: make(chan yield),
	}
	j.rng = rand.New(rand.NewPCG(e.plan.seed, hash(x.id, j.activityID)))
	x.jobs = append(x.jobs, j)
	e.scheduled = append(e.scheduled, scheduled{name: name, at: j.at})
	e.trace("schedules", j.String())
	e.in(time.Millisecond, j.try)
	return j
}

// try begins the next attempt.
func (j *job) try() {
	if j.ended || j.e.over {
		return
	}
	j.attempt++
	if j.fate = j.e.plan.fate(j); j.fate == diesBefore {
		j.e.trace("worker dies", j.String()+" before it began")
		j.e.in(missed, j.try)
		return
	}
	j.begun = true
	j.e.flying[j] = struct{}{}
	go func() {
		if _, alive := <-j.resume; alive {
			j.call()
			j.yielded <- yield{done: true}
		}
	}()
	j.e.beginning = j
	j.drive(nil)
}

// call calls the function, in the environment for activities. Its interceptor keeps what it
// returned; otherwise it panicked, or there is no such function.
func (j *job) call() {
	j.result, j.err = nil, errUnheard
	_, err := j.e.acts.ExecuteActivity(j.name, j.args...)
	if errors.Is(j.err, errUnheard) {
		j.err = err
		j.e.broken = append(j.e.broken, fmt.Sprintf("%s: %v", j, err))
	}
}

var errUnheard = errors.New("its function returned nothing")

// drive runs the activity until it waits for something or is done.
func (j *job) drive(value any) {
	j.resume <- value
	y := <-j.yielded
	switch {
	case y.done:
		j.begun = false
		delete(j.e.flying, j)
		j.tried(j.result, j.err)
	case y.wait != nil:
		y.wait(func(value any) { j.drive(value) })
	default:
		j.e.in(y.sleep, func() { j.drive(nil) })
	}
}

// sleep advances the simulated time in an activity.
func (j *job) sleep(d time.Duration) {
	j.yielded <- yield{sleep: d}
	j.woken()
}

// await waits in an activity for something that a workflow has to do first.
func (j *job) await(wait func(resume func(any))) any {
	j.yielded <- yield{wait: wait}
	return j.woken()
}

func (j *job) woken() any {
	value, alive := <-j.resume
	if !alive {
		runtime.Goexit()
	}
	return value
}

// abandon ends what the activity left running when the life is over.
func (j *job) abandon() { close(j.resume) }

// tried handles the result of an attempt: the activity's end, or another attempt.
func (j *job) tried(result any, err error) {
	switch j.fate {
	case diesAfter:
		j.e.trace("worker dies", fmt.Sprintf("%s: its answer is lost: %s", j, said(result, err)))
		j.again(missed, result, errors.New("heartbeat missed"))
		return
	case fails:
		j.e.trace("worker fails", fmt.Sprintf("%s: its answer is lost: %s", j, said(result, err)))
		result, err = nil, errors.New("the worker lost the answer")
	case lives, diesBefore:
	}
	var application *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case err == nil, errors.As(err, &canceled), errors.As(err, &application) && application.NonRetryable():
		j.end(result, err)
	default:
		j.again(j.delay(application), result, err)
	}
}

// again tries once more after a pause, unless the workflow has cancelled it: a server cancels
// at once what no worker is running.
func (j *job) again(pause time.Duration, result any, err error) {
	policy := j.options.RetryPolicy
	switch {
	case j.stopping:
		j.end(nil, err)
	case policy != nil && policy.MaximumAttempts > 0 && int32(j.attempt) >= policy.MaximumAttempts: //nolint:gosec // tries are few
		j.end(result, err)
	default:
		j.e.in(pause, j.try)
	}
}

// delay returns the pause before the next attempt, computed like a server's.
func (j *job) delay(failure *temporal.ApplicationError) time.Duration {
	if failure != nil && failure.NextRetryDelay() > 0 {
		return failure.NextRetryDelay()
	}
	pause, most, factor := time.Second, 100*time.Second, 2.0
	if policy := j.options.RetryPolicy; policy != nil {
		pause, most, factor = policy.InitialInterval, policy.MaximumInterval, policy.BackoffCoefficient
	}
	for range j.attempt - 1 {
		pause = time.Duration(float64(pause) * factor)
		if most > 0 && pause > most {
			return most
		}
	}
	return pause
}

// end passes the result to the workflow.
func (j *job) end(result any, err error) {
	if j.ended {
		return
	}
	j.ended = true
	j.e.trace("answer", fmt.Sprintf("%s: %s", j, said(result, err)))
	if j.x.runs != j.run || j.x.state != running {
		return
	}
	j.x.events += 2 + task
	if err != nil {
		failures := temporal.GetDefaultFailureConverter()
		j.settable.SetError(failures.FailureToError(failures.ErrorToFailure(err)))
	} else {
		value, failed := converter.GetDefaultDataConverter().ToPayloads(result)
		j.settable.Set(value, failed)
	}
	if failed := j.e.env.SignalWorkflowByID(j.x.id, nudge, nil); failed != nil {
		j.e.broken = append(j.e.broken, fmt.Sprintf("nudge %s: %v", j.x.id, failed))
	}
}

// stopWaited handles the cancellation of an activity that the workflow waits for. A worker
// learns of it with a heartbeat; an activity that no worker is running ends at once.
func (e *engine) stopWaited(j *job) {
	if j.ended {
		return
	}
	e.trace("cancels", j.String()+" and waits for it")
	j.stopping = true
	if !j.begun {
		j.end(nil, temporal.NewCanceledError())
		return
	}
	e.in(j.noticed(), func() { j.cancel() })
}

// stopped handles the cancellation of an activity that the workflow does not wait for. Its
// worker learns of it with a heartbeat; until then the activity continues.
func (e *engine) stopped(j *job) {
	if j.ended {
		return
	}
	if j.begun {
		e.trace("cancels", j.String()+" while it runs, and goes on")
	}
	j.ended = true
	e.in(j.noticed(), func() { j.cancel() })
}

// noticed returns when a worker learns of a cancellation.
func (j *job) noticed() time.Duration { return time.Duration(j.rng.IntN(3000)) * time.Millisecond }

func (j *job) String() string {
	return fmt.Sprintf("%s[%s %s #%d]", j.name, short(j.x.id), j.activityID, j.attempt)
}

// said returns an activity's result for the trace.
func said(result any, err error) string {
	if err != nil {
		return "error " + clip(err.Error())
	}
	return clip(fmt.Sprintf("%+v", result))
}

func clip(text string) string {
	const most = 160
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
