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

// RouterClient is the part of client.Client that a [Router] needs. Dial it with [RequestIDs].
type RouterClient interface {
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
		options client.StartWorkflowOptions, workflow any, workflowArgs ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// Router sends notifications to the workflows that they belong to. It is safe for concurrent
// use and has no state.
type Router struct {
	client    RouterClient
	schedules order.Schedules
	forwards  map[string]Forwarding
}

// Forwarding is what the forward target of an app gets. Its address is not part of it,
// because only activities make that call.
type Forwarding struct {
	AppID string
	// Raw means that the target wants the bytes that Alipay signed.
	Raw bool
	// All means that the target wants a copy of every message, not only of those without an
	// order.
	All bool
}

// NewRouter returns a router; the schedules go into the workflows that it starts, because a
// workflow can't read the configuration. forwards has one entry for each app with a forward
// target.
func NewRouter(temporal RouterClient, schedules order.Schedules, forwards ...Forwarding) *Router {
	r := &Router{client: temporal, schedules: schedules, forwards: map[string]Forwarding{}}
	for _, forward := range forwards {
		r.forwards[forward.AppID] = forward
	}
	return r
}

// Accept passes a notification to Temporal and returns what is known of it immediately:
// waiting (accepted; its workflow decides), duplicate (accepted before), conflict, dead or
// stale (kept for a person). An error always means that Temporal did not accept, so the
// message must not be acknowledged.
func (r *Router) Accept(ctx context.Context, n order.Notification) (order.Disposition, error) {
	ctx = withRequestID(ctx, n.NotificationKey)
	to := destinationOf(n)
	if n.Copied = r.copies(n.AppID, to); n.Copied {
		// The copy comes first, so that a message that was accepted has its copy: Alipay
		// repeats the message when either fails, and each is started once.
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

type route int

const (
	routeDelivery route = iota
	routeOrder
	routeMiniProgram
)

type destination struct {
	route       route
	disposition order.Disposition
	reason      string
}

// destinationOf returns where a notification belongs: a message that names an order goes to
// the order, one that names only a mini program goes to that entity, and everything else is
// kept as a Delivery.
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

// toOrder signals the order. Temporal can't distinguish an order that has ended from one that
// never existed; a Delivery finds out which.
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

// toMiniProgram signals the entity and starts it if necessary.
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

// forOrder reduces a notification to what an order needs. An order acts on the evidence and
// its state has to stay small, so a large content is left out. Where a text had to be
// repaired the signed bytes are included, so that the order's history contains the original.
func forOrder(n order.Notification) order.Notification {
	const sealedLength = MaxOrderContent*4/3 + 128
	if n.Note == "" || len(n.Raw) > 2*sealedLength {
		n = n.WithoutRaw()
	}
	if len(n.Content) > sealedLength {
		n.Content = ""
	}
	return n
}

// forMiniProgram reduces a notification to what a mini program needs. Miniflow may turn out
// not to manage the mini program: then the message goes to the app's forward target, so the
// part that the target wants is kept, the signed bytes or the whole content; both, where a
// text had to be repaired.
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

func (r *Router) toDelivery(ctx context.Context, n order.Notification, disposition order.Disposition, reason string) (order.Disposition, error) {
	return temporalio.KeepDelivery(ctx, r.client, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: reason, Disposition: disposition,
	})
}

// copies reports whether a copy of a message goes to the app's forward target at once. A
// message without an order goes there anyway, and one that is too old to act causes no
// outbound call.
func (r *Router) copies(appID string, to destination) bool {
	return r.forwards[appID].All && (to.route != routeDelivery || to.disposition == order.DispositionDead)
}

func (r *Router) startCopy(ctx context.Context, n order.Notification) error {
	n.Evidence, n.Copied = order.Evidence{}, false
	return temporalio.KeepCopy(ctx, r.client, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: "a copy, since the app's forward scope is all", Copy: true,
	})
}
