package rollout_test

import (
	"testing"

	"miniflow/order"
	"miniflow/rollout"
)

// Each member that a person has to see to comes with what is best done, and no other does.
func TestExceptionsSayWhatToDo(t *testing.T) {
	p := plan()
	p.Canary, p.FirstWave, p.MostRejected, p.MostFailed = nil, 4, 1, 1
	r := of(4, p)
	bad := wrong(rejected, "m0")
	bad["m1"] = rollout.Seen{Stage: order.StageCancelled}
	goes(t, r, begin, bad)
	acts := map[string]string{}
	say := func() {
		for _, one := range r.View(rollout.Input{ID: "up7"}, begin).Exceptions {
			acts[one.Where+" "+one.Code] = one.NextAct.Code
		}
	}
	say()
	r.RollBack("", begin)
	r.TookBack(begin, 2, []rollout.TakenBack{{Index: 2, Code: "CAN_NOT_ROLLBACK_WITH_GRAY"}, {Index: 3, Code: "SOMETHING_NEW"}})
	say()
	for where, want := range map[string]string{
		"rejected ": "rollout.act.rejected", "failed ": "rollout.act.failed",
		"kept CAN_NOT_ROLLBACK_WITH_GRAY": "rollout.act.gray", "kept SOMETHING_NEW": "rollout.act.kept",
	} {
		if acts[where] != want {
			t.Errorf("%s: %q of %v", where, acts[where], acts)
		}
	}
	if page, _ := r.Asked("up7", rollout.MembersAsked{Where: "withdrawn", Most: 9}); len(page) > 0 && !page[0].NextAct.IsZero() {
		t.Errorf("one that is well: %+v", page[0])
	}
}
