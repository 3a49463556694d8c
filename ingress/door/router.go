package door

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/alipay"
	"miniflow/order"
	"miniflow/temporalio"
)

// RouterClient is what a [Router] needs of a Temporal client; client.Client has
// it. Dial it with [RequestIDs].
type RouterClient interface {
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
		options client.StartWorkflowOptions, workflow any, workflowArgs ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// Router hands notifications to the workflows that they belong to. It is safe for
// concurrent use and keeps nothing.
type Router struct {
	client    RouterClient
	schedules order.Schedules
	forwards  map[string]Forwarding
}

// Forwarding says what the forward target of an app is to get. Where it is the
// door does not know.
type Forwarding struct {
	AppID string
	// Raw : the target wants the bytes that Alipay signed.
	Raw bool
	// All : the target wants a copy of every message, not only of what has no order.
	All bool
}

// NewRouter makes a router; the schedules go into the workflows that it starts.
// forwards has one entry for each app with a forward target.
func NewRouter(temporal RouterClient, schedules order.Schedules, forwards ...Forwarding) *Router {
	r := &Router{client: temporal, schedules: schedules, forwards: map[string]Forwarding{}}
	for _, forward := range forwards {
		r.forwards[forward.AppID] = forward
	}
	return r
}

// Accept gives a notification to Temporal and says what is known of it at once:
// waiting (handed over; its workflow decides), duplicate (accepted before),
// conflict, dead or stale (kept for a person). The error means that Temporal did
// not accept, and only that: then the message must not be acknowledged.
func (r *Router) Accept(ctx context.Context, n order.Notification) (order.Disposition, error) {
	ctx = withRequestID(ctx, n.NotificationKey)
	to := destinationOf(n)
	if n.Copied = r.copies(n.AppID, to); n.Copied {
		// First, so that a message that was accepted has its copy: Alipay repeats the
		// message when either fails, and each is started once.
		if err := r.startCopy(ctx, n); err != nil {
			return "", err
		}
	}
	switch to.route {
	case routeOrder:
		return r.toOrder(ctx, n)
	case routeMiniProgram:
		return r.toMiniProgram(ctx, n)
	default:
		return r.toDelivery(ctx, n, to.disposition, to.reason)
	}
}

// route is the kind of workflow that a notification goes to.
type route int

const (
	routeDelivery route = iota
	routeOrder
	routeMiniProgram
)

// destination is a route; for a Delivery with the reason why, and the disposition
// where it is settled already.
type destination struct {
	route       route
	disposition order.Disposition
	reason      string
}

// destinationOf tells where a notification belongs: what names an order goes to
// the order, what names a mini program alone goes to the entity behind it, and
// everything else is kept as a Delivery.
func destinationOf(n order.Notification) destination {
	switch {
	case n.Flaw != "":
		return destination{disposition: order.DispositionDead, reason: n.Flaw}
	case !n.SentAt.IsZero() && n.ReceivedAt.Sub(n.SentAt) > MaxAge:
		return destination{disposition: order.DispositionStale,
			reason: "it was sent longer ago than ids are remembered, so it may have acted already"}
	}
	switch n.Name {
	case alipay.MessageMerchantConfirmed, alipay.MessageFastRegisterChanged:
		if n.OutOrderNo == "" {
			return destination{reason: "its out_order_no is none that an order here can have"}
		}
		return destination{route: routeOrder}
	case alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected, alipay.MessageVersionBaseAuditPassed,
		alipay.MessageAppAuthCancelled, alipay.MessageAppAuthCancel:
		return toEntity(n)
	case alipay.MessageOpenAppAuth:
		if n.Evidence.Token == nil {
			return destination{reason: "it grants no authorisation"}
		}
		return toEntity(n)
	}
	return destination{reason: "messages of this name play no part in an order"}
}

func toEntity(n order.Notification) destination {
	if n.MiniAppID == "" {
		return destination{reason: "it names no mini program"}
	}
	return destination{route: routeMiniProgram}
}

// toOrder signals the order. To Temporal an order that has ended and one that
// never was are the same; a Delivery finds out which.
func (r *Router) toOrder(ctx context.Context, n order.Notification) (order.Disposition, error) {
	workflowID := order.WorkflowID(n.AppID, n.OutOrderNo)
	err := r.client.SignalWorkflow(ctx, workflowID, "", order.NotificationSignal, forOrder(n))
	switch {
	case err == nil:
		return order.DispositionWaiting, nil
	case temporalio.NotFound(err):
		return r.toDelivery(ctx, n, "", "no order of its number runs")
	default:
		return "", fmt.Errorf("signal %s: %w", workflowID, err)
	}
}

// toMiniProgram signals the entity and starts it if need be.
func (r *Router) toMiniProgram(ctx context.Context, n order.Notification) (order.Disposition, error) {
	workflowID := order.MiniProgramWorkflowID(n.AppID, n.MiniAppID)
	_, err := r.client.SignalWithStartWorkflow(ctx, workflowID, order.NotificationSignal, forMiniProgram(n, r.forwards[n.AppID].Raw),
		temporalio.StartMiniProgram(n.AppID, n.MiniAppID),
		order.MiniProgramWorkflowType,
		order.MiniProgramInput{AppID: n.AppID, MiniAppID: n.MiniAppID, Schedules: r.schedules})
	if err != nil {
		return "", fmt.Errorf("signal %s: %w", workflowID, err)
	}
	return order.DispositionWaiting, nil
}

// forOrder makes a notification fit for an order, which acts on the evidence and
// whose state has to stay small: a large content is left out. Where a text had to be
// repaired the signed bytes go along, so that they stand in the order's history.
func forOrder(n order.Notification) order.Notification {
	const sealedLength = MaxOrderContent*4/3 + 128 // base64, key id, nonce and tag
	if n.Note == "" || len(n.Raw) > 2*sealedLength {
		n = n.WithoutRaw()
	}
	if len(n.Content) > sealedLength {
		n.Content = ""
	}
	return n
}

// forMiniProgram makes a notification fit for a mini program, which may turn out to
// be none that Miniflow manages: then it goes to the app's forward target, and what
// that wants is kept, the signed bytes or the whole content; both, where a text had to
// be repaired.
func forMiniProgram(n order.Notification, raw bool) order.Notification {
	switch {
	case raw && n.Raw != "":
		n.Content = ""
		return n
	case n.Note != "":
		return n
	}
	return n.WithoutRaw()
}

// toDelivery keeps a notification as a workflow of its own.
func (r *Router) toDelivery(ctx context.Context, n order.Notification, disposition order.Disposition, reason string) (order.Disposition, error) {
	return temporalio.KeepDelivery(ctx, r.client, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: reason, Disposition: disposition,
	})
}

// copies tells whether a copy of a message goes to the app's forward target at once.
// What belongs to no order goes there by itself, and what is too old to act causes
// no call to anybody.
func (r *Router) copies(appID string, to destination) bool {
	return r.forwards[appID].All && (to.route != routeDelivery || to.disposition == order.DispositionDead)
}

// startCopy starts the copy of a message.
func (r *Router) startCopy(ctx context.Context, n order.Notification) error {
	n.Evidence, n.Copied = order.Evidence{}, false
	return temporalio.KeepCopy(ctx, r.client, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: "a copy, since the app's forward scope is all", Copy: true,
	})
}
