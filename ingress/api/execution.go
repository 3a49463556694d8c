package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/ingress/api/problem"
	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

const (
	// failingAttempts is the attempt of a workflow task from which on the workflow counts as
	// failing, because a single earlier one may have been lost with its worker.
	failingAttempts = 3
	// reportedProblems is the search attribute in which Temporal itself reports this, after
	// five attempts.
	reportedProblems = temporalio.ReportedProblems
	problemCause     = "cause=WorkflowTaskFailedCause"
)

const (
	remedyPaused     = "unpause it in the Temporal UI (⋯, Unpause) or with `temporal workflow unpause`; messages that come meanwhile are kept and acted on then"
	remedyTerminated = "POST …/begin-again {reason} starts the order anew from where it stood, after Alipay has been asked; or start another order"
	// An entity has advice of its own, because the next one that needs it begins it again;
	// its token is lost with its run.
	remedyTerminatedEntity = "its orders, its next message or an imported token begin it anew; import the token with PUT …/authorization, or let the merchant authorise again"

	remedyFailing = "run the build that wrote its history beside this one, or deploy one that can replay it; nothing is lost, and it goes on by itself then"
)

// standing is the state of a workflow's last run in Temporal, which the workflow itself can't
// know.
type standing struct {
	info      *workflowpb.WorkflowExecutionInfo
	execution order.Execution
	// interruption is nil while the run is running, and where it has ended by itself, because
	// a person has nothing to do then.
	interruption *order.Interruption
	// pending are the activities under way, where Temporal was asked for this workflow alone.
	pending []*workflowpb.PendingActivityInfo
}

func (s standing) runID() string { return s.info.GetExecution().GetRunId() }

func (s standing) closed() bool {
	return s.info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED || s.execution == order.ExecutionTerminated
}

// executionOf derives the execution from what visibility knows too, so that lists and single
// orders agree.
func executionOf(info *workflowpb.WorkflowExecutionInfo) order.Execution {
	return temporalio.ExecutionOf(info)
}

// standing asks Temporal for the state of a workflow's current run, or its last. missing is
// the kind for a workflow that does not exist, because callers name different things.
func (a *API) standing(ctx context.Context, workflowID string, missing problem.Kind) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	described, err := a.config.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return standing{}, temporalProblem(err, "find the workflow", missing)
	}
	s := standing{info: described.GetWorkflowExecutionInfo(), pending: described.GetPendingActivities()}
	s.execution = executionOf(s.info)
	task := described.GetPendingWorkflowTask()
	if s.execution == order.ExecutionRunning && task.GetAttempt() >= failingAttempts {
		s.execution = order.ExecutionFailing
	}
	switch s.execution {
	case order.ExecutionPaused:
		pause := described.GetWorkflowExtendedInfo().GetPauseInfo()
		s.interruption = &order.Interruption{
			By: outsideText(pause.GetIdentity()), Since: momentOf(pause.GetPausedTime()), Reason: words.Plain(outsideText(pause.GetReason())), Remedy: words.Sentence(remedyPaused),
		}
	case order.ExecutionTerminated:
		s.interruption = a.closedBecause(ctx, s.info)
	case order.ExecutionFailing:
		s.interruption = &order.Interruption{Since: momentOf(task.GetOriginalScheduledTime()), Reason: failure(s.info, task), Remedy: words.Sentence(remedyFailing)}
	case order.ExecutionRunning:
	}
	return s, nil
}

func failure(info *workflowpb.WorkflowExecutionInfo, task *workflowpb.PendingWorkflowTaskInfo) words.Text {
	why := words.New("its workflow task fails")
	for _, reported := range temporalio.ProblemsOf(info) {
		if cause, known := strings.CutPrefix(reported, problemCause); known {
			why = words.New("failure.said", why, outsideText(cause))
		}
	}
	if task.GetAttempt() > 1 {
		why = words.New("%s, attempt %d", why, task.GetAttempt())
	}
	return why
}

// closedBecause reads from the last event of a run who closed it and why. Where that event
// can't be read, the status alone is the reason.
func (a *API) closedBecause(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) *order.Interruption {
	because := &order.Interruption{Since: momentOf(info.GetCloseTime()), Reason: words.New("its workflow was closed (%s)", info.GetStatus()), Remedy: words.Sentence(remedyTerminated)}
	last, err := a.oneEvent(ctx, info, enums.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	if err != nil {
		a.config.Log.WarnContext(ctx, "a closed workflow's last event can't be read", "error", err.Error())
		return because
	}
	switch {
	case last.GetWorkflowExecutionTerminatedEventAttributes() != nil:
		terminated := last.GetWorkflowExecutionTerminatedEventAttributes()
		because.By, because.Reason = outsideText(terminated.GetIdentity()), words.Plain(outsideText(terminated.GetReason()))
		if because.Reason.IsZero() {
			because.Reason = words.New("terminated without a reason")
		}
	case last.GetWorkflowExecutionFailedEventAttributes() != nil:
		because.Reason = words.New("its workflow failed: %s", outsideText(last.GetWorkflowExecutionFailedEventAttributes().GetFailure().GetMessage()))
	case last.GetWorkflowExecutionTimedOutEventAttributes() != nil:
		because.Reason = words.New("its workflow timed out")
	case last.GetWorkflowExecutionCanceledEventAttributes() != nil:
		because.Reason = words.New("its workflow was cancelled")
	}
	return because
}

func (a *API) oneEvent(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, filter enums.HistoryEventFilterType) (*historypb.HistoryEvent, error) {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: a.config.Namespace, Execution: info.GetExecution(), MaximumPageSize: 1, HistoryEventFilterType: filter, SkipArchival: true,
	}
	page, err := again(ctx, func() (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
		return a.config.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
	})
	if err != nil {
		return nil, err
	}
	if events := page.GetHistory().GetEvents(); len(events) > 0 {
		return events[0], nil
	}
	return nil, errors.New("the history has no such event")
}

// inputOf reads the input that a run was started with. It is in the history's first event, so
// it is readable whatever has become of the run and its workers.
func inputOf[T any](ctx context.Context, a *API, info *workflowpb.WorkflowExecutionInfo) (T, error) {
	var input T
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	first, err := a.oneEvent(ctx, info, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if err != nil {
		return input, err
	}
	payloads := first.GetWorkflowExecutionStartedEventAttributes().GetInput()
	return input, converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
}

// stopped returns the answer to a command on a workflow that does not run: what has stopped
// it and what to do, because Temporal would only time out. It is nil for a running one.
func (s standing) stopped(what string) *problem.Problem {
	if s.interruption == nil {
		return nil
	}
	said := s.interruption.Reason
	if s.interruption.By != "" {
		said = words.New("%s (by %s)", said, s.interruption.By)
	}
	since := words.At(s.interruption.Since)
	switch s.execution {
	case order.ExecutionPaused:
		return problem.New(problem.WorkflowPaused, "%s is paused in Temporal since %s: %s; %s", what, since, said, remedyPaused)
	case order.ExecutionTerminated:
		return problem.New(problem.WorkflowClosed, "%s was closed in Temporal at %s, before its end: %s", what, since, said)
	case order.ExecutionFailing:
		return problem.New(problem.WorkflowFailing, "no worker can go on with %s since %s: %s; %s", what, since, said, remedyFailing).After(failingAgain)
	case order.ExecutionRunning:
	}
	return nil
}

// stoppedProblem returns why a call to a workflow failed if the workflow's state is the
// reason, else nil. It looks only after a failure, because most calls succeed.
func (a *API) stoppedProblem(ctx context.Context, workflowID, what string, err error) error {
	var refused *serviceerror.FailedPrecondition
	var unanswered *serviceerror.QueryFailed
	if !errors.As(err, &refused) && !errors.As(err, &unanswered) && !passing(err) && !temporalio.NotFound(err) {
		return nil
	}
	s, failure := a.standing(context.WithoutCancel(ctx), workflowID, "")
	if failure != nil {
		return nil // the call's own error says more
	}
	if why := s.stopped(what); why != nil {
		return why.Because(err)
	}
	return nil
}

func momentOf(at *timestamppb.Timestamp) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.AsTime()
}

// outsideText makes an operator's words safe for an answer, because anybody with access to
// Temporal can write them.
func outsideText(text string) string {
	return order.CutText(harmless.Line(text, ' '), maxReason)
}
