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
	deliveryDetails    = "A verified message with no order to go to. It waits for its order, or stays for a person to look at."
)

// toDelivery keeps a notification as a workflow of its own. Its id is taken when
// the notification came before; then the digest tells a repeat from a conflict.
func (r *Router) toDelivery(ctx context.Context, n order.Notification, disposition order.Disposition, reason string) (order.Disposition, error) {
	workflowID := order.DeliveryWorkflowID(n.AppID, n.NotifyID)
	fresh, err := r.startDelivery(ctx, workflowID, n, disposition, reason)
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
	_, err = r.startDelivery(ctx, order.ConflictWorkflowID(n.NotificationKey), n, order.DispositionConflict,
		"its notify_id came before with other content")
	if err != nil {
		return "", err
	}
	return order.DispositionConflict, nil
}

// startDelivery starts a Delivery and reports false when its id was taken. The
// memo and the search attributes are those that the workflow will set itself:
// they make it visible at once, even while no worker runs.
func (r *Router) startDelivery(ctx context.Context, workflowID string, n order.Notification,
	disposition order.Disposition, reason string) (bool, error) {
	view := order.DeliveryView{
		AppID: n.AppID, NotifyID: n.NotifyID, Name: n.Name, Channel: n.Channel, OutOrderNo: n.OutOrderNo,
		MiniAppID: n.MiniAppID, State: stateOf(disposition), Reason: reason, ReceivedAt: n.ReceivedAt, HeldBy: "delivery",
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
		StaticDetails:         deliveryDetails,
	}
	_, err := r.client.ExecuteWorkflow(ctx, options, order.DeliveryWorkflowType, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: reason, Disposition: disposition,
	})
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
