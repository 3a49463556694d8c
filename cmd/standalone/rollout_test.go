package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
	"miniflow/rollout"
)

// startRate and undoRate are releases that begin, and versions that are taken back, in a second.
const (
	startRate = 10
	undoRate  = 10
)

// A rollout over many mini programs: a twentieth is rejected; it is killed, paused, killed, resumed; it
// halts by itself in the wave of which a quarter is rejected, goes on when it is told to, and is then taken
// back whole, ahead of all else.
func TestARolloutGoesThroughItsWavesAndBack(t *testing.T) {
	t.Parallel()
	u := upgradeOf(t, *members)
	reject := u.all("reject")
	reject.MiniAppID = "*1"
	u.rules(reject, u.all("pass"))
	begun := time.Now()
	u.begins()

	u.awaitRollout("a part of it is online", func(v rollout.View) bool { return v.Counts["online"] > len(u.minis)/10 })
	u.kill()
	u.start(speed(600), "--demo=false", "--well-behaved")
	u.awaitRollout("it goes on by itself", func(v rollout.View) bool { return v.Wave == 2 && v.Counts["online"] > len(u.minis)/3 })
	u.pausedThroughADeath()

	halted := u.awaitRollout("it halts by itself", func(v rollout.View) bool { return v.State == rollout.Halted })
	if halted.Why != rollout.TooManyRejected || halted.Wave != rolloutWaves {
		t.Errorf("it halts as %s in wave %d: %v", halted.Why, halted.Wave, halted.Counts)
	}
	rejected := halted.Counts["rejected"]
	t.Logf("%d of %d were rejected when it halted, after %s", rejected, len(u.minis), time.Since(begun).Round(time.Second))
	u.rules(u.all("pass"))
	u.steer(rollout.ResumeUpdate)
	u.steer(rollout.RetryUpdate)
	done := u.awaitRollout("it is done", func(v rollout.View) bool { return v.State == rollout.Done && v.Counts["online"] == len(u.minis) })
	t.Logf("%d are online after %s", done.Counts["online"], time.Since(begun).Round(time.Second))
	u.wantOnce()
	u.wantOnline("0.0.2", func(string) bool { return true })
	u.backWhole()
}

// begins starts the rollout, twice: the second time it is the same one.
func (u *upgrade) begins() {
	u.t.Helper()
	body := map[string]any{
		"app_id": appID, "id": "autumn", "from": []string{"1.0.2"},
		"version": map[string]any{"template_id": rolloutTemplate, "template_version": "1.0.3"},
		"submission": map[string]any{
			"version_desc": "本次更新：新增会员积分和手机排队取号，页面打开更快，欢迎顾客体验。", "region_type": "CHINA",
		},
		"plan": map[string]any{
			"first_wave": (len(u.minis) + rolloutWaves - 1) / rolloutWaves, "growth": 1, "soak": "2s", "rate": startRate, "undo_rate": undoRate,
			"most_rejected": 0.2, "sample": len(u.minis), "keep": "1h",
		},
	}
	decode[rollout.View](u.t, u.api(http.MethodPost, "/v1/rollouts", body), http.StatusCreated)
	decode[rollout.View](u.t, u.api(http.MethodPost, "/v1/rollouts", body), http.StatusOK)
}

// pausedThroughADeath pauses it, sees that nothing begins however the process dies, and resumes it.
func (u *upgrade) pausedThroughADeath() {
	u.t.Helper()
	u.steer(rollout.PauseUpdate)
	stands := u.awaitRollout("what has begun has settled", func(v rollout.View) bool { return v.State == rollout.Paused && v.Counts["running"] == 0 })
	u.kill()
	u.start(speed(600), "--demo=false", "--well-behaved")
	after := u.awaitRollout("it is still paused", func(v rollout.View) bool { return v.State == rollout.Paused })
	if after.Counts["waiting"] != stands.Counts["waiting"] || after.Counts["waiting"] == 0 {
		u.t.Errorf("%v waited, then %v", stands.Counts, after.Counts)
	}
	u.steer(rollout.ResumeUpdate)
}

// wantOnce sees that each member's new version was built once, whatever died.
func (u *upgrade) wantOnce() {
	u.t.Helper()
	built := map[string]int{}
	for _, call := range u.calls() {
		if call.Effect && strings.HasSuffix(call.Method, ".version.upload") {
			built[call.Key]++
		}
	}
	for _, id := range u.minis {
		for _, version := range []string{"0.0.1", "0.0.2"} {
			if n := built[id+"/"+version]; n != 1 {
				u.t.Errorf("version %s of %s was built %d times", version, id, n)
			}
		}
	}
}

// wantOnline sees which mini programs have a version online, at Alipay.
func (u *upgrade) wantOnline(version string, has func(id string) bool) {
	u.t.Helper()
	online := map[string]string{}
	for _, mini := range u.state().MiniPrograms {
		for _, v := range mini.Versions {
			if v.Phase == alipaysim.Release {
				online[mini.MiniAppID] = v.AppVersion
			}
		}
	}
	for _, id := range u.minis {
		if (online[id] == version) != has(id) {
			u.t.Errorf("%s has %s online", id, online[id])
		}
	}
}

func isKept(id string) bool { return strings.HasSuffix(id, fmt.Sprint(fateKept)) }

// backWhole takes it back: all within five minutes at their rate, but for those that Alipay refuses, which
// are listed with what is best done.
func (u *upgrade) backWhole() {
	u.t.Helper()
	u.faults(alipaysim.Fault{
		Method: "alipay.open.mini.version.rollback", OutOrderNo: "keeps-*", Kind: alipaysim.FaultError, SubCode: "CAN_NOT_ROLLBACK_WITH_GRAY", SubMsg: "灰度中的版本不能回退",
	})
	began := time.Now()
	u.steer(rollout.RollBackUpdate)
	back := u.awaitRollout("it is taken back", func(v rollout.View) bool { return v.State == rollout.RolledBack })
	took := time.Since(began)
	u.t.Logf("%d were taken back in %s, %.1f a second", back.Counts["rolled_back"], took.Round(100*time.Millisecond), float64(len(u.minis))/took.Seconds())
	if took > 5*time.Minute {
		u.t.Errorf("%d at %d a second took %s", len(u.minis), undoRate, took)
	}
	if back.Counts["kept"] != 3 || len(back.Exceptions) != 3 || back.Counts["rolled_back"] != len(u.minis)-3 {
		u.t.Fatalf("%v, exceptions %+v", back.Counts, back.Exceptions)
	}
	for _, one := range back.Exceptions {
		if !isKept(one.MiniAppID) || one.Code != "CAN_NOT_ROLLBACK_WITH_GRAY" || one.NextAct.IsZero() {
			u.t.Errorf("an exception is %+v", one)
		}
	}
	u.wantOnline("0.0.1", func(id string) bool { return !isKept(id) })
	u.wantPace()
	u.wantKnown()
}

// wantKnown sees that each mini program knows what it has online.
func (u *upgrade) wantKnown() {
	u.t.Helper()
	for i, id := range u.minis {
		if i%max(1, len(u.minis)/20) != 0 && !isKept(id) {
			continue
		}
		want := map[bool]string{true: "0.0.2", false: "0.0.1"}[isKept(id)]
		eventually(u.t, patience, id+" knows what is online", func() error {
			answer, err := u.ask(http.MethodGet, "/v1/mini-programs/"+appID+"/"+id, nil)
			if err != nil || answer.status != http.StatusOK {
				return fmt.Errorf("%s, %w", answer, err)
			}
			if view := decode[order.MiniProgramView](u.t, answer, http.StatusOK); view.Online == nil || view.Online.AppVersion != want {
				return fmt.Errorf("it has %+v", view.Online)
			}
			return nil
		})
	}
}

// wantPace sees that rollbacks were no faster than their rate.
func (u *upgrade) wantPace() {
	u.t.Helper()
	var at []time.Time
	for _, call := range u.calls() {
		if strings.HasSuffix(call.Method, ".version.rollback") {
			at = append(at, call.At)
		}
	}
	const batch = 20 // as many go at once, and pay for it afterwards
	for i := range at {
		if late := at[i].Sub(at[0]); i >= 2*batch && late < time.Duration(i-2*batch)*time.Second/undoRate {
			u.t.Fatalf("%d rollbacks within %s, at %d a second", i, late, undoRate)
		}
	}
	if len(at) < len(u.minis) {
		u.t.Errorf("%d rollbacks were asked for, of %d", len(at), len(u.minis))
	}
}
