package temporalio

import (
	"strings"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/internal/harmless"
	"miniflow/order"
)

// OrderOptions returns the options that start an order's workflow. They make it findable from
// its first moment, because lists show the search attributes and the summary in its memo
// before a worker has run it. An id starts one workflow, ever; only begin-again may relax
// this, where the last run was closed from outside.
func OrderOptions(view order.View) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                                       order.WorkflowID(view.AppID, view.OutOrderNo),
		TaskQueue:                                order.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		// No eager start: an order's first task would take the processor that the next starts
		// need, and twenty callers at once would wait three times as long.
		TypedSearchAttributes: keywords(map[string]string{
			order.AttributeAppID: view.AppID, order.AttributeOutOrderNo: view.OutOrderNo,
			order.AttributeOrderKind: string(view.Kind), order.AttributeOrderStage: string(view.Stage),
			// The id of a mini program may be Alipay's answer, in an order that begins again.
			order.AttributeMerchantRef: view.MerchantRef, order.AttributeShopName: view.ShopName, order.AttributeMiniAppID: order.PlainID(view.MiniAppID),
		}),
		Memo:          map[string]any{order.SummaryMemo: view.Summary()},
		StaticSummary: string(view.Kind) + " order " + harmless.Markdown(view.OutOrderNo),
		StaticDetails: orderDetails(view),
	}
}

// orderDetails returns the part of an order's page that never changes, so that the workflow
// has to write only the rest.
func orderDetails(view order.View) string {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"app", view.AppID}, {"order", view.OutOrderNo}, {"kind", string(view.Kind)}, {"merchant", view.MerchantRef}, {"shop", view.ShopName},
		{"mini program", view.MiniAppID}, {"template", view.Version.TemplateID},
	} {
		if row[1] != "" {
			b.WriteString("| " + row[0] + " | " + harmless.Markdown(row[1]) + " |\n")
		}
	}
	return b.String()
}

// MiniProgramOptions returns the options that start a mini program's entity, or find the one
// that runs. It may start again after it has closed, because with reject-duplicate one
// terminated entity would swallow its mini program's messages for ever.
func MiniProgramOptions(appID, miniAppID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.MiniProgramWorkflowID(appID, miniAppID),
		TaskQueue:                order.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    keywords(map[string]string{order.AttributeAppID: appID, order.AttributeMiniAppID: order.PlainID(miniAppID)}),
		StaticSummary:            "mini program " + harmless.Markdown(miniAppID),
		StaticDetails:            "Keeps a mini program's authorisation and passes its messages on to the order in charge.",
	}
}

// LongConnectionOptions returns the options that start the election of the process that holds
// an app's long connection, or find the one that runs, because every process starts it.
func LongConnectionOptions(appID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.LongConnectionWorkflowID(appID),
		TaskQueue:                order.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "the long connection of app " + harmless.Markdown(appID) + ": which process holds it",
	}
}

// BulkOptions returns the options that start a bulk. An id starts one, ever: the same request again
// finds it.
func BulkOptions(input order.BulkInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                                       order.BulkWorkflowID(input.Filter.AppID, input.ID),
		TaskQueue:                                order.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true, // otherwise the SDK hides it
		TypedSearchAttributes:                    keywords(map[string]string{order.AttributeAppID: input.Filter.AppID}),
		StaticSummary:                            input.Command + "s messages of app " + harmless.Markdown(input.Filter.AppID),
		StaticDetails:                            "Asks each message that is meant to do the same. *Request Cancellation* ends it after the messages that it has in hand.",
	}
}

// WebhookOptions returns the options that start an app's Webhook, or find the one that runs.
func WebhookOptions(appID string) client.StartWorkflowOptions {
	return standing(appID, order.WebhookWorkflowID(appID), "tells the webhook of app "+harmless.Markdown(appID)+" what becomes of orders",
		"Terminating it loses what was not told yet: it is started again within minutes, and tells what happens from then on. `miniflow webhooks resend --since` tells the rest.")
}

// SweepOptions returns the options that start an app's Sweep, or find the one that runs.
func SweepOptions(appID string) client.StartWorkflowOptions {
	return standing(appID, order.SweepWorkflowID(appID), "asks Alipay about the orders of app "+harmless.Markdown(appID)+" that wait",
		"Terminating it does no harm: it is started again within minutes, and learns once more how messages arrive. The signal `"+order.PassSignal+"` begins a pass at once.")
}

// standing returns the options of a workflow that stands beside an app's orders. Every worker process
// starts it, time and again: a person may have ended it.
func standing(appID, workflowID, summary, details string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       workflowID,
		TaskQueue:                order.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    keywords(map[string]string{order.AttributeAppID: appID}),
		StaticSummary:            summary,
		StaticDetails:            details,
	}
}

// keywords returns search attributes for the values that are not empty, because an empty one
// would match a filter for "".
func keywords(values map[string]string) temporal.SearchAttributes {
	updates := make([]temporal.SearchAttributeUpdate, 0, len(values))
	for name, value := range values {
		if value != "" {
			updates = append(updates, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value))
		}
	}
	return temporal.NewSearchAttributes(updates...)
}
