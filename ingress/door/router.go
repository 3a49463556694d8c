package door

import (
	"context"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// RouterClient is the part of client.Client that a [Router] needs. Dial it with [RequestIDs],
// or a message that comes twice costs Temporal a second event.
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
	languages map[string]words.Language
}

// Forwarding is what the forward target of an app gets. Its address is not part of it,
// because only activities make that call.
type Forwarding struct {
	AppID string
	// Raw means that the target wants the bytes that Alipay signed, to verify them itself.
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

// In has the workflows that it starts show their pages in the languages of their apps; without it
// they are in English.
func (r *Router) In(languages map[string]words.Language) *Router {
	r.languages = languages
	return r
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
		Language: r.languages[n.AppID],
	})
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
