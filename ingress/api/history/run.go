package history

import (
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/words"
)

// run gathers the calls of one run, from its last event to its first.
type run struct {
	id string
	// open is whether it runs; pending are its activities that are under way, by id.
	open    bool
	pending map[string]*workflowpb.PendingActivityInfo
	// ends and starts are events that came after a call was scheduled, by the event that scheduled it.
	ends   map[int64]*historypb.HistoryEvent
	starts map[int64]*historypb.ActivityTaskStartedEventAttributes
	found  []identified
	// before is the run that this one goes on from; cut is set where it is not known.
	before string
	cut    bool
}

// identified is a call and what tells it from others: a reset copies the events of a run.
type identified struct {
	Call
	id string
}

func newRun(id string, open bool, pending []*workflowpb.PendingActivityInfo) *run {
	r := &run{
		id: id, open: open, pending: map[string]*workflowpb.PendingActivityInfo{},
		ends: map[int64]*historypb.HistoryEvent{}, starts: map[int64]*historypb.ActivityTaskStartedEventAttributes{},
	}
	for _, activity := range pending {
		r.pending[activity.GetActivityId()] = activity
	}
	return r
}

func (r *run) take(event *historypb.HistoryEvent) {
	switch event.GetEventType() { //nolint:exhaustive // the others say nothing of calls
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		r.ends[event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()] = event
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		r.ends[event.GetActivityTaskFailedEventAttributes().GetScheduledEventId()] = event
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		r.ends[event.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId()] = event
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		r.ends[event.GetActivityTaskCanceledEventAttributes().GetScheduledEventId()] = event
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		started := event.GetActivityTaskStartedEventAttributes()
		r.starts[started.GetScheduledEventId()] = started
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		r.scheduled(event)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		r.began(event.GetWorkflowExecutionStartedEventAttributes())
	}
}

// scheduled takes the first event of a call: all that came of it was read before.
func (r *run) scheduled(event *historypb.HistoryEvent) {
	activity := event.GetActivityTaskScheduledEventAttributes()
	name, calls := methodOf(activity.GetActivityType().GetName(), activity.GetInput())
	if !calls {
		return
	}
	call := Call{At: event.GetEventTime().AsTime(), Method: name, activity: activity.GetActivityType().GetName(), Tries: int(r.starts[event.GetEventId()].GetAttempt())}
	switch end := r.ends[event.GetEventId()]; {
	case end != nil:
		call.end(end)
	case r.open:
		call.underWay(r.pending[activity.GetActivityId()])
	default:
		call.giveUp()
	}
	id := fmt.Sprintf("%s %d", activity.GetActivityId(), call.At.UnixNano())
	r.found = append(r.found, identified{call, id})
}

// began finds the run before this one. One that was reset has an event of another run as its first, and
// that run has gone on to what the reset took out; what was done then stands at Alipay. An order that
// has begun again does not name the run that was closed.
func (r *run) began(started *historypb.WorkflowExecutionStartedEventAttributes) {
	r.before = started.GetContinuedExecutionRunId()
	if original := started.GetOriginalExecutionRunId(); original != "" && original != r.id {
		r.before = original
	}
	again := read[struct {
		BegunAgain *struct{} `json:"begun_again"`
	}](started.GetInput())
	r.cut = r.before == "" && again.BegunAgain != nil
}

// end fills in what came of a call that is over.
func (c *Call) end(event *historypb.HistoryEvent) {
	took := event.GetEventTime().AsTime().Sub(c.At).Seconds()
	c.Duration = &took
	switch event.GetEventType() {
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		c.accept(event.GetActivityTaskCompletedEventAttributes().GetResult())
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		c.State = Failed
		c.fail(event.GetActivityTaskFailedEventAttributes().GetFailure())
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		c.State = Failed
		c.fail(event.GetActivityTaskTimedOutEventAttributes().GetFailure())
	default:
		c.giveUp()
	}
}

// underWay fills in how far a call has come that is not over; nothing is known of one that was
// scheduled after Temporal was asked for those under way.
func (c *Call) underWay(activity *workflowpb.PendingActivityInfo) {
	c.State, c.Tries, c.Answer = Running, max(1, int(activity.GetAttempt())), words.New("call.unanswered")
	if failure := activity.GetLastFailure(); failure != nil {
		c.fail(failure)
	}
	switch activity.GetState() {
	case enums.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED:
		c.giveUp()
	case enums.PENDING_ACTIVITY_STATE_SCHEDULED: // its attempt is the one to come
		if c.Tries > 1 {
			c.Tries--
		}
		c.NextTry = moment(activity.GetNextAttemptScheduleTime())
	default:
	}
}

func moment(at *timestamppb.Timestamp) *time.Time {
	if at == nil {
		return nil
	}
	given := at.AsTime()
	return &given
}

func (c *Call) giveUp() { c.State, c.Answer = GivenUp, words.New("call.given_up") }
