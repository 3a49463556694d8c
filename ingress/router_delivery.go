package ingress

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

// What people read in the Temporal UI before the workflow's own page is there.
const (
	miniProgramDetails = "Keeps a mini program's authorisation and passes its messages on to the order in charge."
	deliveryDetails    = "A verified message with no order to go to. It waits for its order, goes to the ISV's backend, or stays for a person to look at."
	copyDetails        = "A copy of a verified message on its way to the ISV's backend. The message itself goes its own way."
)

// toDelivery keeps a notification as a workflow of its own. Its id is taken when
// the notification came before; then the digest tells a repeat from a conflict.
func (r *Router) toDelivery(ctx context.Context, n order.Notification, disposition order.Disposition, reason string) (order.Disposition, error) {
	workflowID := order.DeliveryWorkflowID(n.AppID, n.NotifyID)
	input := order.DeliveryInput{Notification: n, Schedules: r.schedules, Reason: reason, Disposition: disposition}
	fresh, err := r.startDelivery(ctx, workflowID, input)
	switch {
	case err != nil:
		return "", err
	case fresh:
		return stateOf(disposition), nil
	}
	same, err := r.holds(ctx, workflowID, n.Digest)
	switch {
	case err != nil:
		return "", err
	case same:
		return order.DispositionDuplicate, nil
	}
	// Taken too means that this very impostor came before: it is kept already.
	input.Disposition, input.Reason = order.DispositionConflict, "its notify_id came before with other content"
	if _, err = r.startDelivery(ctx, order.ConflictWorkflowID(n.NotificationKey), input); err != nil {
		return "", err
	}
	return order.DispositionConflict, nil
}

// copies tells whether a copy of a message goes to the app's forward target at once.
// What belongs to no order goes there by itself, and what is too old to act causes
// no call to anybody.
func (r *Router) copies(appID string, to destination) bool {
	return r.forwards[appID].All && (to.route != routeDelivery || to.disposition == order.DispositionDead)
}

// startCopy starts the copy of a message. Its id is its own, so that it changes
// nothing about the message; of two messages under one id the first is copied.
func (r *Router) startCopy(ctx context.Context, n order.Notification) error {
	n.Evidence, n.Copied = order.Evidence{}, false
	_, err := r.startDelivery(ctx, order.CopyWorkflowID(n.AppID, n.NotifyID), order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: "a copy, since the app's forward scope is all", Copy: true,
	})
	return err
}

// startDelivery starts a Delivery and reports false when its id was taken. The
// memo and the search attributes are those that the workflow will set itself:
// they make it visible at once, even while no worker runs.
func (r *Router) startDelivery(ctx context.Context, workflowID string, input order.DeliveryInput) (bool, error) {
	n, details := input.Notification, deliveryDetails
	if input.Copy {
		details = copyDetails
	}
	view := order.DeliveryView{
		AppID: n.AppID, NotifyID: n.NotifyID, Name: n.Name, Channel: n.Channel, OutOrderNo: n.OutOrderNo, MiniAppID: n.MiniAppID,
		State: stateOf(input.Disposition), Reason: n.Noting(input.Reason), ReceivedAt: n.ReceivedAt, HeldBy: "delivery", Copy: input.Copy,
	}
	options := client.StartWorkflowOptions{
		ID:                    workflowID,
		TaskQueue:             order.TaskQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		// Without it the SDK hides that the id was taken.
		WorkflowExecutionErrorWhenAlreadyStarted: true,

		Memo:                  map[string]any{order.DigestMemo: n.Digest, order.SummaryMemo: view},
		TypedSearchAttributes: deliveryAttributes(view),
		StaticSummary:         plain(n.Name),
		StaticDetails:         details,
	}
	_, err := r.client.ExecuteWorkflow(ctx, options, order.DeliveryWorkflowType, input)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &taken):
		return false, nil
	default:
		return false, fmt.Errorf("start %s: %w", workflowID, err)
	}
}

func deliveryAttributes(view order.DeliveryView) temporal.SearchAttributes {
	if view.Copy {
		view.OutOrderNo = "" // copies wait for no order and must not be called by one
	}
	updates := make([]temporal.SearchAttributeUpdate, 0, 4)
	for name, value := range map[string]string{
		order.AttributeDeliveryState: string(view.State), order.AttributeAppID: view.AppID,
		order.AttributeOutOrderNo: view.OutOrderNo, order.AttributeMiniAppID: view.MiniAppID,
	} {
		if value != "" {
			updates = append(updates, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value))
		}
	}
	return temporal.NewSearchAttributes(updates...)
}

// stateOf is where a Delivery stands at its start.
func stateOf(disposition order.Disposition) order.Disposition {
	if disposition == "" {
		return order.DispositionWaiting
	}
	return disposition
}

// holds tells whether a Delivery keeps a notification with this digest. One whose
// memo can't be read counts as another: keeping a message twice loses nothing.
func (r *Router) holds(ctx context.Context, workflowID, digest string) (bool, error) {
	described, err := r.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", workflowID, err)
	}
	payload := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[order.DigestMemo]
	var kept string
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &kept) != nil {
		return false, nil
	}
	return kept == digest, nil
}

// plain makes a text safe for a page that renders Markdown and HTML. Genuine
// names and ids lose nothing.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-', c == '/':
			return c
		default:
			return '·'
		}
	}, text)
}
