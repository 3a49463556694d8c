package temporalio

import (
	"cmp"
	"context"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
)

// DeliveryClient is the part of client.Client that keeping a message needs, small so that
// tests can fake it.
type DeliveryClient interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// KeepDelivery keeps a message as a Delivery workflow and returns its disposition: waiting or
// the input's own, duplicate when this very message is kept already, or conflict. The
// workflow's id is derived from the message's own, so that repeating the call starts nothing;
// when the id is taken, the digest distinguishes a repeat from a message with other content,
// which is kept as a conflict.
func KeepDelivery(ctx context.Context, temporal DeliveryClient, input order.DeliveryInput) (order.Disposition, error) {
	n := input.Notification
	if input.Disposition != order.DispositionConflict {
		id := order.DeliveryWorkflowID(n.AppID, n.NotifyID)
		fresh, err := startDelivery(ctx, temporal, id, input)
		switch {
		case err != nil:
			return "", err
		case fresh:
			return stateOf(input), nil
		}
		same, err := keeps(ctx, temporal, id, n.Digest)
		switch {
		case err != nil:
			return "", err
		case same:
			return order.DispositionDuplicate, nil
		}
		input.Disposition, input.Reason = order.DispositionConflict, "its notify_id came before with other content"
	}
	// A taken id means here that this very conflicting message is kept already, so nothing is
	// lost.
	if _, err := startDelivery(ctx, temporal, order.ConflictWorkflowID(n.NotificationKey), input); err != nil {
		return "", err
	}
	return order.DispositionConflict, nil
}

// KeepCopy keeps the copy of a message that goes to the forward target in addition to the
// message's own way. It has an id of its own, so that it changes nothing about the message;
// of two messages under one id only the first is copied.
func KeepCopy(ctx context.Context, temporal DeliveryClient, input order.DeliveryInput) error {
	n := input.Notification
	_, err := startDelivery(ctx, temporal, order.CopyWorkflowID(n.AppID, n.NotifyID), input)
	return err
}

// startDelivery starts a Delivery and reports false when its id is taken. The memo and the
// search attributes are those that the workflow will set itself: they make it visible at
// once, even while no worker runs.
func startDelivery(ctx context.Context, temporal DeliveryClient, id string, input order.DeliveryInput) (bool, error) {
	n := input.Notification
	// What people read in the Temporal UI until the workflow has written its own, because a worker may
	// be down.
	details := words.New("about.delivery")
	view := n.DeliveryView(stateOf(input), words.Sentence(input.Reason), order.HeldByDelivery)
	outOrderNo := n.OutOrderNo
	if input.Copy {
		// A copy waits for no order and must not be woken by one.
		view.Copy, details, outOrderNo = true, words.New("about.copy"), ""
	}
	_, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             order.TaskQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		// Otherwise the SDK hides that the id was taken.
		WorkflowExecutionErrorWhenAlreadyStarted: true,

		Memo: map[string]any{order.DigestMemo: n.Digest, order.SummaryMemo: view},
		TypedSearchAttributes: keywords(map[string]string{
			order.AttributeDeliveryState: string(view.State), order.AttributeAppID: n.AppID,
			order.AttributeOutOrderNo: outOrderNo, order.AttributeMiniAppID: n.MiniAppID,
		}),
		StaticSummary: harmless.Markdown(n.Name),
		StaticDetails: say(input.Language, details),
	}, order.DeliveryWorkflowType, input)
	switch {
	case err == nil:
		return true, nil
	case AlreadyStarted(err):
		return false, nil
	}
	return false, fmt.Errorf("start %s: %w", id, err)
}

func stateOf(input order.DeliveryInput) order.Disposition {
	return cmp.Or(input.Disposition, order.DispositionWaiting)
}

// keeps reports whether a Delivery keeps a message with this digest. One with an unreadable
// memo counts as another, because keeping a message twice loses nothing.
func keeps(ctx context.Context, temporal DeliveryClient, id, digest string) (bool, error) {
	described, err := temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", id, err)
	}
	payload := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[order.DigestMemo]
	var kept string
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &kept) != nil {
		return false, nil
	}
	return kept == digest, nil
}
