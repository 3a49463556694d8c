package temporalio

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

// RolloutOptions returns the options that start a mass upgrade. An id starts one, ever: the same request
// again finds it, and its orders' numbers begin with it.
func RolloutOptions(input rollout.Input) client.StartWorkflowOptions {
	version := input.Request.Version
	return client.StartWorkflowOptions{
		ID:                                       rollout.WorkflowID(input.AppID, input.ID),
		TaskQueue:                                order.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true, // otherwise the SDK hides it
		TypedSearchAttributes:                    keywords(map[string]string{order.AttributeAppID: input.AppID}),
		StaticSummary:                            say(input.Language, words.New("title.rollout", input.ID, version.TemplateID, version.TemplateVersion)),
		StaticDetails:                            say(input.Language, words.New("about.rollout")),
	}
}
