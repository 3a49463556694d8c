package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/workflows/durable"
)

// LongConnection elects the process that keeps an app's long connection: all that
// play the role wait for one activity, and Temporal gives it to one of them. When
// that process stops, or its heartbeat does, another gets it. Alipay documents
// nothing about several connections of one app, so there is one.
//
// Attempts of an activity leave nothing in a history: this workflow can run for ever.
func LongConnection(ctx workflow.Context, appID string) error {
	call := activities.LongConnectionCall{AppID: appID}
	return durable.Start(ctx, appID, activities.HoldLongConnection, call, "hold the long connection of app "+appID).Get(ctx, nil)
}
