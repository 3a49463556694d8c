package activities_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/order"
)

// UpdateWorkflow lets a MiniProgram take a reservation, as the entity does: the
// first of a number stands.
func (h *fakeTemporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	handle := &told{}
	err := h.call("update", func() error {
		one, ok := h.workflows[options.WorkflowID]
		wanted, isReservation := options.Args[0].(order.VersionReservation)
		switch {
		case !ok || !one.running:
			return serviceerror.NewNotFound("no such workflow runs: " + options.WorkflowID)
		case options.UpdateName != order.ReserveVersionUpdate || !isReservation || options.WaitForStage != client.WorkflowUpdateStageCompleted:
			return serviceerror.NewInvalidArgument("no such update")
		}
		first := slices.IndexFunc(one.reservations, func(r order.VersionReservation) bool { return r.Names(wanted.AppVersion, wanted.BundleID) })
		if first < 0 {
			one.reservations, first = append(one.reservations, wanted), len(one.reservations)
		}
		handle.stands = one.reservations[first]
		return nil
	})
	if updateFailed := (*updateError)(nil); errors.As(err, &updateFailed) {
		handle.err, err = updateFailed.error, nil
	}
	return handle, err
}

// updateError is an error of the update itself, which its handle gives.
type updateError struct{ error }

// told is what becomes of an update.
type told struct {
	client.WorkflowUpdateHandle
	stands order.VersionReservation
	err    error
}

func (t *told) Get(_ context.Context, into any) error {
	if t.err != nil {
		return t.err
	}
	return encoded{t.stands}.Get(into)
}

// newNumbers is a keeper, the fakeTemporal that it asks, and the MiniProgram in it.
func newNumbers() (*activities.NumberKeeper, *fakeTemporal, *kept) {
	h, entity := newFakeTemporal(), &kept{kind: order.MiniProgramWorkflowType, running: true}
	h.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = entity
	return &activities.NumberKeeper{Temporal: h}, h, entity
}

// TestTheMiniProgramKeepsTheNumbers: the first order to take one has it, and gets the same back.
func TestTheMiniProgramKeepsTheNumbers(t *testing.T) {
	keeper, _, entity := newNumbers()
	ours, theirs := recorded(number), recorded(number, anothers)
	for _, asked := range []order.VersionReservation{ours, theirs, ours} {
		if stands, err := keeper.Reserve(t.Context(), appID, miniAppID, asked); err != nil || stands != ours {
			t.Errorf("%s asked and got %+v, %v", asked.OutOrderNo, stands, err)
		}
	}
	if all, err := keeper.Reserved(t.Context(), appID, miniAppID); err != nil || !slices.Equal(all, one(ours)) || len(entity.reservations) != 1 {
		t.Errorf("recorded %+v, %v", all, err)
	}
}

// TestAMiniProgramThatCanNotKeepNumbers ends the act, and none is tried again by
// Temporal: one that is gone is claimed anew by the order, what else is wrong may pass.
func TestAMiniProgramThatCanNotKeepNumbers(t *testing.T) {
	broken := map[string]error{
		"it ended before it had answered": temporal.NewNonRetryableApplicationError("the workflow completed", "AcceptedUpdateCompletedWorkflow", nil),
		"it is of a build that can't":     temporal.NewApplicationError("unknown update reserve-version", "", nil),
	}
	tests := map[string]struct {
		ready func(*fakeTemporal, *kept)
		code  string
	}{
		"it never was":                    {func(h *fakeTemporal, _ *kept) { clear(h.workflows) }, activities.CodeOrphaned},
		"it was terminated":               {func(_ *fakeTemporal, entity *kept) { entity.running = false }, activities.CodeOrphaned},
		"it ends meanwhile":               {func(h *fakeTemporal, _ *kept) { h.plan("update", plan{err: &updateError{errGone}}) }, activities.CodeOrphaned},
		"Temporal is down for questions":  {func(h *fakeTemporal, _ *kept) { h.plan("query", plan{err: errDown}) }, activities.CodeNoAnswer},
		"Temporal is down for its record": {func(h *fakeTemporal, _ *kept) { h.plan("update", plan{err: errDown}) }, activities.CodeNoAnswer},
	}
	for name, err := range broken {
		tests[name] = struct {
			ready func(*fakeTemporal, *kept)
			code  string
		}{func(h *fakeTemporal, _ *kept) { h.plan("update", plan{err: &updateError{err}}) }, activities.CodeNoAnswer}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			keeper, h, entity := newNumbers()
			test.ready(h, entity)
			calls := b.activities()
			calls.Numbers = keeper
			_, err := newTestEnv(t, calls.Register).try(activities.ReserveVersion.Name, reserving(number, ""))
			if failure := failureOf(t, err); !unknown(err) || failure.Code != test.code || failure.Traceless {
				t.Errorf("ended with %v: %+v", err, failure)
			}
		})
	}
}
