package delivery

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// changeCertification names the change that lets a mini program know of a message about its trial that came
// after its order's end.
const changeCertification = "deliveries-certification"

// pokeTrial has the mini program ask where its certification stands. One that does not run any more has
// nothing to ask.
func (d *delivery) pokeTrial(ctx workflow.Context, miniAppID string) {
	id := order.MiniProgramWorkflowID(d.input.Notification.AppID, miniAppID)
	if err := workflow.SignalExternalWorkflow(ctx, id, "", order.CertificationSignal, nil).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Info("no mini program waits for a certification", "workflow_id", id, "error", err)
	}
}
