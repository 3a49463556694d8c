package temporalio

import (
	"strings"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
)

// OrderOptions returns the options that start an order's workflow. They make it findable from
// its first moment, because lists show the search attributes and the summary in its memo
// before a worker has run it. An id starts one workflow, ever; only begin-again may relax
// this, where the last run was closed from outside.
func OrderOptions(view order.View, language words.Language) client.StartWorkflowOptions {
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
		StaticSummary: say(language, words.New("title.order", view.Kind, view.OutOrderNo)),
		StaticDetails: orderDetails(view, language),
	}
}

// orderDetails returns the part of an order's page that never changes, so that the workflow
// has to write only the rest.
func orderDetails(view order.View, language words.Language) string {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, row := range []struct {
		name  words.Text
		value string
	}{
		{words.New("page.app"), view.AppID}, {words.New("page.order"), view.OutOrderNo}, {words.New("page.kind"), string(view.Kind)},
		{words.New("page.merchant"), view.MerchantRef}, {words.New("page.shop"), view.ShopName},
		{words.New("page.mini_program"), view.MiniAppID}, {words.New("page.template"), view.Version.TemplateID},
	} {
		if row.value != "" {
			b.WriteString("| " + say(language, row.name) + " | " + harmless.Markdown(row.value) + " |\n")
		}
	}
	return b.String()
}

// say says a text for the Temporal UI, which renders Markdown: that of the catalogue's own sentences,
// and of nothing that is put into them.
func say(language words.Language, text words.Text) string {
	return text.Map(harmless.Markdown).In(language)
}

// MiniProgramOptions returns the options that start a mini program's entity, or find the one
// that runs. It may start again after it has closed, because with reject-duplicate one
// terminated entity would swallow its mini program's messages for ever.
func MiniProgramOptions(input order.MiniProgramInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.MiniProgramWorkflowID(input.AppID, input.MiniAppID),
		TaskQueue:                order.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    keywords(map[string]string{order.AttributeAppID: input.AppID, order.AttributeMiniAppID: order.PlainID(input.MiniAppID)}),
		StaticSummary:            say(input.Language, words.New("title.mini_program", input.MiniAppID)),
		StaticDetails:            say(input.Language, words.New("about.mini_program")),
	}
}

// LongConnectionOptions returns the options that start the election of the process that holds
// an app's long connection, or find the one that runs, because every process starts it.
func LongConnectionOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.LongConnectionWorkflowID(appID),
		TaskQueue:                order.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            say(language, words.New("title.long_connection", appID)),
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
		StaticSummary:                            say(input.Language, words.New("page.bulk", input.Command, input.Filter.AppID)),
		StaticDetails:                            say(input.Language, words.New("about.bulk")),
	}
}

// WebhookOptions returns the options that start an app's Webhook, or find the one that runs.
func WebhookOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return standing(appID, order.WebhookWorkflowID(appID), say(language, words.New("title.webhook", appID)), say(language, words.New("about.webhook")))
}

// SweepOptions returns the options that start an app's Sweep, or find the one that runs.
func SweepOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return standing(appID, order.SweepWorkflowID(appID), say(language, words.New("title.sweep", appID)), say(language, words.New("about.sweep", order.PassSignal)))
}

// AttentionOptions returns the options that start what keeps an app's attention, or find the one that
// runs. It is started by the first note, or by the first digest.
func AttentionOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return standing(appID, order.AttentionWorkflowID(appID), say(language, words.New("title.attention", appID)), say(language, words.New("about.attention")))
}

// DigestOptions returns the options with which a schedule starts an app's digests.
func DigestOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return standing(appID, order.DigestID(appID), say(language, words.New("title.digest", appID)), "")
}

// WatchOptions returns the options of what looks after an app's mini programs.
func WatchOptions(appID string, language words.Language) client.StartWorkflowOptions {
	return standing(appID, order.WatchID(appID), say(language, words.New("title.watch", appID)), "")
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
