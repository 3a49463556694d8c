package history

import (
	"cmp"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
)

// Again returns the call that is tried again as it was answered last, nil where none is. A question
// that Temporal tries again tells its order nothing before it has news.
func Again(pending []*workflowpb.PendingActivityInfo, kind order.Kind) *Call {
	var last *Call
	for _, activity := range pending {
		name := activity.GetActivityType().GetName()
		called, calls := methods[name]
		if !calls || activity.GetLastFailure() == nil {
			continue
		}
		call := &Call{At: answeredAt(activity), Method: cmp.Or(called.name, name), activity: name}
		if kind == order.KindTrial {
			call.Method = cmp.Or(called.trial, call.Method)
		}
		if call.underWay(activity); call.State == Running && (last == nil || call.At.After(last.At)) {
			last = call
		}
	}
	return last
}

// answeredAt is when a try ended; of one that is under way again, Temporal knows when the one before did.
func answeredAt(activity *workflowpb.PendingActivityInfo) time.Time {
	if at := activity.GetLastAttemptCompleteTime(); at != nil {
		return at.AsTime()
	}
	return activity.GetLastStartedTime().AsTime()
}
