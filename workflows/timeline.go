package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// A timeline keeps its beginning and its end; what lies between is folded into
// a count, so that an order's state stays bounded however long it lives.
const (
	keptFirst = 20
	keptLast  = 100
	maxAudits = 20
	maxTold   = 100
	maxActor  = 64
)

// happened puts one more thing on the timeline.
func (o *orderRun) happened(ctx workflow.Context, item order.TimelineItem) {
	o.Sequence++
	item.Sequence, item.At, item.Stage = o.Sequence, o.now(ctx), o.Stage
	item.Note, item.Actor = order.CutText(item.Note, 300), order.CutText(item.Actor, maxActor)
	o.Timeline = append(o.Timeline, item)
	if len(o.Timeline) > keptFirst+keptLast {
		o.Timeline = append(o.Timeline[:keptFirst:keptFirst], o.Timeline[keptFirst+1:]...)
		o.Folded++
	}
	o.dirty = true
}

// dispose gives a message its final disposition and says why.
func (o *orderRun) dispose(ctx workflow.Context, n order.Notification, disposition order.Disposition, why string) {
	o.Seen.settle(n.NotifyID, disposition)
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedNotification, NotifyID: n.NotifyID, Disposition: disposition,
		Note: fmt.Sprintf("%s: %s", n.Name, n.Noting(why)),
	})
}
