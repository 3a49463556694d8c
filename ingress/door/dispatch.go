package door

import (
	"context"
	"fmt"
	"log/slog"

	"miniflow/ingress/door/journal"
	"miniflow/order"
	"miniflow/temporalio"
)

// Dispatcher passes what a [journal.Journal] keeps to Temporal, by the same ways and ids as
// [Router.Accept], so that a message that is dispatched again changes nothing.
type Dispatcher struct {
	router  *Router
	metrics *Metrics
	log     *slog.Logger
}

// NewDispatcher returns the dispatcher of a journal.
func NewDispatcher(router *Router, metrics *Metrics, log *slog.Logger) *Dispatcher {
	return &Dispatcher{router: router, metrics: metrics, log: log}
}

// Target returns the id of the workflow that a message goes to first.
func (d *Dispatcher) Target(n order.Notification) string {
	switch destinationOf(n).route {
	case routeOrder:
		return order.WorkflowID(n.AppID, n.OutOrderNo)
	case routeMiniProgram:
		return order.MiniProgramWorkflowID(n.AppID, n.MiniAppID)
	default:
		return order.DeliveryWorkflowID(n.AppID, n.NotifyID)
	}
}

// Dispatch passes one message to Temporal. One that its workflow can't take, whatever is done,
// is kept as a dead letter: Alipay won't send it again, and a person can replay it.
func (d *Dispatcher) Dispatch(ctx context.Context, n order.Notification) error {
	disposition, err := d.router.Accept(ctx, n)
	if err != nil && temporalio.RefusedForGood(err) {
		why := err
		if disposition, err = d.router.keepDead(ctx, n, why); err != nil && temporalio.RefusedForGood(err) {
			return fmt.Errorf("%w: %w", journal.ErrRefused, why)
		}
	}
	if err != nil {
		return err
	}
	d.metrics.dispatched.WithLabelValues(n.Channel, string(disposition)).Inc()
	level := alarm(disposition)
	if level == slog.LevelInfo {
		level = slog.LevelDebug // it has its line from when it was accepted
	}
	d.log.LogAttrs(ctx, level, "notification dispatched",
		slog.String(keyAppID, n.AppID), slog.String(keyNotifyID, n.NotifyID), slog.String(keyName, n.Name),
		slog.String(keyChannel, n.Channel), slog.String(keyDisposition, string(disposition)))
	return nil
}

// keepDead keeps a message that Temporal refused for good without its signed bytes, since its
// size may be the reason.
func (r *Router) keepDead(ctx context.Context, n order.Notification, why error) (order.Disposition, error) {
	ctx = temporalio.WithRequestID(ctx, n.NotificationKey)
	return r.toDelivery(ctx, n.WithoutRaw(), order.DispositionDead, order.CutText("Temporal refused it for good: "+why.Error(), 2*MaxWord))
}
