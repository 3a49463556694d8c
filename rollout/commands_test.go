package rollout_test

import (
	"encoding/json"
	"slices"
	"testing"

	"miniflow/rollout"
)

// What it lists it takes, and what it does not list it refuses, however it stands.
func TestCommandsAreWhatItTakes(t *testing.T) {
	p := plan()
	p.Canary, p.MostRejected = []string{"m0"}, 1
	for _, state := range rollout.States() {
		for _, rejects := range []bool{false, true} {
			r := of(8, p)
			bad := map[string]rollout.Seen{}
			if rejects {
				bad = wrong(rejected, "m0")
			}
			goes(t, r, begin, bad)
			r.State = state
			if rejects && state == rollout.RolledBack {
				r.Members[0].Where = rollout.Kept
			}
			for update, does := range map[string]func(*rollout.Rollout) bool{
				rollout.PauseUpdate:    func(r *rollout.Rollout) bool { return r.Pause(begin) },
				rollout.HaltUpdate:     func(r *rollout.Rollout) bool { return r.Halt("", begin) },
				rollout.ResumeUpdate:   func(r *rollout.Rollout) bool { return r.Resume(begin) },
				rollout.RetryUpdate:    func(r *rollout.Rollout) bool { return r.Retry(begin) > 0 },
				rollout.RollBackUpdate: func(r *rollout.Rollout) bool { return r.RollBack("", begin) },
			} {
				var copied rollout.Rollout
				written, err := json.Marshal(r)
				if err != nil || json.Unmarshal(written, &copied) != nil {
					t.Fatal(err)
				}
				if listed := slices.Contains(r.Commands(), update); listed != does(&copied) {
					t.Errorf("%s, rejections %v: %s is listed: %v", state, rejects, update, listed)
				}
			}
		}
	}
}
