package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// NumberKeeper keeps the records of version numbers in their MiniPrograms, which every order of a
// mini program shares.
type NumberKeeper struct {
	Temporal Updater
}

// Updater asks and updates a workflow. A Temporal client is one.
type Updater interface {
	Querier
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Reserve updates the MiniProgram. All orders of a mini program update the same one, so a number
// goes to exactly one of them.
func (k *NumberKeeper) Reserve(ctx context.Context, appID, miniAppID string, wanted order.VersionReservation) (order.VersionReservation, error) {
	var stands order.VersionReservation
	handle, err := k.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: order.MiniProgramWorkflowID(appID, miniAppID), UpdateName: order.ReserveVersionUpdate,
		UpdateID: reservationID(wanted),
		Args:     []any{wanted}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &stands)
	}
	return stands, unrecorded(err)
}

// reservationID names a request for a number, so that one which is made again is answered alike:
// Temporal runs an update id once. The time of looking is not part of the request.
func reservationID(wanted order.VersionReservation) string {
	wanted.SeenFreeAt = time.Time{}
	sum := sha256.Sum256(fmt.Append(nil, wanted))
	return "reserve-" + hex.EncodeToString(sum[:12])
}

// Reserved queries the MiniProgram: what is recorded for all orders, not for one alone, because a
// number that another has is taken.
func (k *NumberKeeper) Reserved(ctx context.Context, appID, miniAppID string) ([]order.VersionReservation, error) {
	var records []order.VersionReservation
	value, err := k.Temporal.QueryWorkflow(ctx, order.MiniProgramWorkflowID(appID, miniAppID), "", order.ReservationsQuery)
	if err == nil {
		err = value.Get(&records)
	}
	return records, unrecorded(err)
}

// unrecorded is the error of a MiniProgram that does not keep a number. Somebody may
// have terminated it, and then its order has to claim it again. Any other error
// passes; what the update itself ended with is not an error of the activity's, which
// Temporal would judge by its own rules.
func unrecorded(err error) error {
	switch {
	case err == nil:
		return nil
	case temporalio.NotFound(err):
		return failed(&Failure{Class: FailureUnknown, Code: CodeOrphaned, Message: words.New("failure.orphaned")})
	}
	return failed(&Failure{Class: FailureUnknown, Code: CodeNoAnswer, Message: words.New("failure.unasked", err)})
}
