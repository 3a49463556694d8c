package activities

import (
	"context"

	"go.temporal.io/sdk/client"

	"miniflow/order"
)

// NumberKeeper keeps the records of version numbers in their MiniPrograms.
type NumberKeeper struct {
	Temporal Updater
}

// Updater asks and updates a workflow. A Temporal client is one.
type Updater interface {
	Querier
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Reserve updates the MiniProgram.
func (k *NumberKeeper) Reserve(ctx context.Context, appID, miniAppID string, wanted order.VersionReservation) (order.VersionReservation, error) {
	var stands order.VersionReservation
	handle, err := k.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: order.MiniProgramWorkflowID(appID, miniAppID), UpdateName: order.ReserveVersionUpdate,
		Args: []any{wanted}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &stands)
	}
	return stands, orphaned(err)
}

// Reserved queries the MiniProgram.
func (k *NumberKeeper) Reserved(ctx context.Context, appID, miniAppID string) ([]order.VersionReservation, error) {
	var records []order.VersionReservation
	value, err := k.Temporal.QueryWorkflow(ctx, order.MiniProgramWorkflowID(appID, miniAppID), "", order.ReservationsQuery)
	if err == nil {
		err = value.Get(&records)
	}
	return records, orphaned(err)
}

// orphaned is the error of a question to a MiniProgram that runs no more: somebody
// has terminated it, and its order has to claim it anew.
func orphaned(err error) error {
	if !isUnknown(err) {
		return err
	}
	return failed(&Failure{Class: FailureUnknown, Code: CodeOrphaned, Message: "the mini program's workflow does not run; the order claims it again"})
}
