package api

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

const (
	// wakeWithin is how long orders are collected before the messages that came before them are
	// looked for: a list costs Temporal far more than a start does, and by default a cluster
	// allows ten a second.
	wakeWithin = 500 * time.Millisecond
	// quietFor is how long nothing is looked for once a list has found nothing: few orders have
	// messages that came before them.
	quietFor = 5 * time.Second
	// wokenAtOnce bounds the orders of one list, since its query names each.
	wokenAtOnce = 100
	// mostWoken bounds the messages of one list; the others look by themselves.
	mostWoken = 200
)

// waker wakes the messages that came before the order that they are about. They look for it by
// themselves as well, within an hour at the latest, so nothing is lost with this process.
type waker struct {
	temporal  Temporal
	namespace string
	log       *slog.Logger

	mu      sync.Mutex
	started map[string][]string // numbers by app id
	looking bool
	quiet   time.Time // until when nothing is looked for
}

// orderStarted has the messages of an order woken soon. It never waits.
func (w *waker) orderStarted(appID, outOrderNo string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started == nil {
		w.started = map[string][]string{}
	}
	w.started[appID] = append(w.started[appID], outOrderNo)
	if !w.looking {
		w.looking = true
		time.AfterFunc(max(wakeWithin, time.Until(w.quiet)), w.look)
	}
}

func (w *waker) look() {
	w.mu.Lock()
	started := w.started
	w.started, w.looking = nil, false
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	found := 0
	for appID, numbers := range started {
		for some := range slices.Chunk(numbers, wokenAtOnce) {
			early, err := w.wake(ctx, appID, some)
			if err != nil {
				w.log.WarnContext(ctx, "early messages were not woken and look for their orders by themselves", "app_id", appID, "error", err.Error())
			}
			found += early
		}
	}
	if found == 0 {
		w.mu.Lock()
		w.quiet = time.Now().Add(quietFor)
		w.mu.Unlock()
	}
}

// wake wakes the messages of some orders and returns how many there were.
func (w *waker) wake(ctx context.Context, appID string, numbers []string) (early int, err error) {
	page, err := w.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: w.namespace, PageSize: mostWoken,
		Query: temporalio.NewQuery(order.DeliveryWorkflowType, appID).Running().OneOf(order.AttributeOutOrderNo, numbers).String(),
	})
	if err != nil {
		return 0, err
	}
	for _, execution := range page.GetExecutions() {
		err := w.temporal.SignalWorkflow(ctx, execution.GetExecution().GetWorkflowId(), "", order.WakeSignal, nil)
		if err != nil && !temporalio.NotFound(err) {
			return early, err
		}
		early++
	}
	return early, nil
}
