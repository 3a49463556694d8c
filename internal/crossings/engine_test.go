package crossings

import (
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/workflows"
)

// engine is Temporal for one life. Everything happens in the test environment's one loop, so
// nothing here needs a lock: while an activity runs, the loop waits for it.
type engine struct {
	env *testsuite.TestWorkflowEnvironment
	// executions are by workflow id: the last of each.
	executions map[string]*execution
	started    []string // ids, in the order of their first start
	waiting    []*execution
	unbegun    []*execution // runs that were started and have not begun, in that order
	agenda
	// acts runs the functions of activities; beginning is the job that begins.
	acts      *testsuite.TestActivityEnvironment
	beginning *job
	flying    map[*job]struct{} // those with a running attempt
	// scheduled is every activity that was ever scheduled.
	scheduled []scheduled
	over      bool
	broken    []string // what no workflow may do: fail, panic

	// lost, for the test of the checker, loses signals between workflows.
	lost func(signal string) bool

	rootInfo *workflow.Info
	plan     workerPlan
	trace    func(kind, text string)
	// arrived is called with a workflow's id and the stage and hold that its order has come to.
	arrived func(string, order.Stage, order.HoldKind)
	// replaced is called with a closed workflow whose id is used again, while it can still be
	// queried.
	replaced func(*execution)
}

// execution is one workflow, over all its runs.
type execution struct {
	id, kind string
	input    any
	memo     map[string]any
	state    executionState
	err      error
	runs     int
	events   int // of this run's history, as a server would write them
	longest  int
	acts     int    // scheduled in this run
	jobs     []*job // of this run
	stage    string
	// unborn are the signals and updates for a run that has not begun, queued is set while that
	// waits for others to begin.
	unborn []func()
	queued bool
}

// scheduled is an activity that some workflow scheduled.
type scheduled struct {
	name string
	at   time.Time
}

type executionState int

const (
	starting executionState = iota
	running
	closed
)

// rootType is the workflow whose children all others are.
const rootType = "root"

// forEver is a run's time-out, because the test environment, unlike a server, needs one.
const forEver = 400 * 24 * time.Hour

// began is when every life begins.
func began() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

func newEngine(plan workerPlan) *engine {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(silent{})
	suite.SetDisableRegistrationAliasing(true) // one function has several names, of which the environment would take any
	e := &engine{
		env: suite.NewTestWorkflowEnvironment(), executions: map[string]*execution{}, flying: map[*job]struct{}{},
		plan: plan, trace: func(string, string) {}, arrived: func(string, order.Stage, order.HoldKind) {},
	}
	e.env.SetStartTime(began())
	e.env.SetTestTimeout(time.Minute)
	e.env.SetWorkflowRunTimeout(forEver)
	e.env.SetDetachedChildWait(false)
	e.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&interceptors{e: e}}})
	e.agenda = agenda{e: e}
	e.acts = suite.NewTestActivityEnvironment()
	e.acts.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&interceptors{e: e}}})
	workflows.Register(e.env)
	e.env.RegisterWorkflowWithOptions(e.root, workflow.RegisterOptions{Name: rootType})
	return e
}

// run runs the life: begin is called in its first moment.
func (e *engine) run(begin func()) {
	e.env.RegisterDelayedCallback(begin, time.Second)
	e.env.ExecuteWorkflow(rootType)
	e.over = true
	for j := range e.flying {
		j.abandon()
	}
	if err := e.env.GetWorkflowError(); err != nil {
		e.broken = append(e.broken, "root: "+err.Error())
	}
}

// root starts workflows on request until the life is over.
func (e *engine) root(ctx workflow.Context) error {
	e.rootInfo = workflow.GetInfo(ctx)
	for {
		if err := workflow.Await(ctx, func() bool { return e.over || len(e.waiting) > 0 }); err != nil {
			return err
		}
		if e.over {
			return nil
		}
		for _, x := range e.waiting {
			child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
				WorkflowID: x.id, TaskQueue: "miniflow", WorkflowRunTimeout: forEver,
				ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
				WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			})
			workflow.ExecuteChildWorkflow(child, x.kind, x.input)
		}
		e.waiting = nil
	}
}

// wakeRoot makes the root look for requests.
func (e *engine) wakeRoot() { e.env.SignalWorkflow("look", nil) }

// finish ends the life.
func (e *engine) finish() {
	e.over = true
	e.wakeRoot()
}

// start starts a workflow. One that runs already is left alone, and so is one that has closed
// unless its id may be used again.
func (e *engine) start(id, kind string, input any, memo map[string]any, again bool) error {
	known := e.executions[id]
	if known != nil && (known.state != closed || !again) {
		return serviceerror.NewWorkflowExecutionAlreadyStarted("it was started before", "", "")
	}
	if entity, ok := input.(order.MiniProgramInput); ok && entity.CrowdedAt == 0 { // the door's have the default
		entity.CrowdedAt = e.plan.crowdedAt
		input = entity
	}
	if known == nil {
		e.started = append(e.started, id)
	} else if e.replaced != nil {
		e.replaced(known)
	}
	x := &execution{id: id, kind: kind, input: input, memo: memo}
	e.executions[id] = x
	e.waiting = append(e.waiting, x)
	e.unbegun = append(e.unbegun, x)
	e.trace("start", id)
	e.wakeRoot()
	return nil
}

// signal delivers a signal, at once or as soon as the run has begun.
func (e *engine) signal(id, name string, arg any) error {
	x := e.executions[id]
	if x == nil || x.state == closed {
		return serviceerror.NewNotFound("no such workflow runs: " + id)
	}
	e.whenBegun(x, func() { e.deliver(id, name, arg) })
	return nil
}

// deliver puts a signal on its way to a run.
func (e *engine) deliver(id, name string, arg any) {
	if err := e.env.SignalWorkflowByID(id, name, arg); err != nil {
		e.broken = append(e.broken, fmt.Sprintf("signal %s to %s: %v", name, id, err))
	}
}

// update sends an update; done is called with its result.
func (e *engine) update(id, name, updateID string, arg any, done func(answered)) error {
	x := e.executions[id]
	if x == nil || x.state == closed {
		return serviceerror.NewNotFound("no such workflow runs: " + id)
	}
	e.whenBegun(x, func() {
		x.events += 2
		if err := e.env.UpdateWorkflowByID(id, name, updateID, &caller{done: done}, arg); err != nil {
			done(answered{err: err, rejected: true})
		}
	})
	return nil
}

// query queries a workflow, also one that has closed.
func (e *engine) query(id, name string, args ...any) (converter.EncodedValue, error) {
	x := e.executions[id]
	switch {
	case x == nil:
		return nil, serviceerror.NewNotFound("no such workflow: " + id)
	case x.state == starting:
		return nil, serviceerror.NewUnavailable("it has not begun: " + id)
	}
	return e.env.QueryWorkflowByID(id, name, args...)
}

func (e *engine) whenBegun(x *execution, do func()) {
	if x.state == starting {
		x.unborn = append(x.unborn, do)
		return
	}
	do()
}

// awaitTurn lets runs begin in the order in which they were asked for. The environment begins each
// in a goroutine of its own, so that two of the same moment would begin in either order.
func (e *engine) awaitTurn(ctx workflow.Context, x *execution) error {
	x.queued = true
	return workflow.Await(ctx, func() bool { return e.unbegun[0] == x })
}

// born records that a run has begun.
func (e *engine) born(x *execution) {
	x.state, x.events, x.acts, x.queued = running, task, 0, false
	if e.unbegun = e.unbegun[1:]; len(e.unbegun) > 0 && e.unbegun[0].queued {
		e.deliver(e.unbegun[0].id, nudge, nil)
	}
	x.runs++
	unborn := x.unborn
	x.unborn = nil
	for _, do := range unborn {
		do()
	}
}

// ended records that a run has ended, for good or to continue as new.
func (e *engine) ended(x *execution, err error) {
	x.longest = max(x.longest, x.events)
	for _, j := range x.jobs { // a server gives nothing of a closed run to a worker any more
		if !j.ended {
			e.stopped(j)
		}
	}
	x.jobs = nil
	if workflow.IsContinueAsNewError(err) {
		x.state = starting
		e.unbegun = append(e.unbegun, x)
		e.trace("continues as new", fmt.Sprintf("%s after %d events", x.id, x.events))
		return
	}
	x.state, x.err = closed, err
	e.trace("closed", x.id)
	if err != nil {
		e.broken = append(e.broken, fmt.Sprintf("%s failed: %v", x.id, err))
	}
}

func (e *engine) now() time.Time { return e.env.Now() }

// answered is the result of an update.
type answered struct {
	value    any
	err      error
	rejected bool
}

// caller receives the result of an update.
type caller struct{ done func(answered) }

func (*caller) Accept()            {}
func (c *caller) Reject(err error) { c.done(answered{err: err, rejected: true}) }
func (c *caller) Complete(value any, err error) {
	c.done(answered{value: value, err: err})
}

// silent drops the engine's log.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

// With is for the SDK, which would wrap every line otherwise.
func (s silent) With(...any) log.Logger { return s }

// short returns the name of a workflow without its app.
func short(id string) string {
	return strings.Replace(id, "/"+appID+"/", " ", 1)
}
