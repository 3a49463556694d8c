package main_test

import (
	"flag"
	"fmt"
	"net/http"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
	"miniflow/rollout"
)

// members is how many mini programs a rollout upgrades; `make rollout` has thousands.
var members = flag.Int("members", 60, "how many mini programs a rollout upgrades")

const (
	rolloutTemplate = "2021000000009999"
	rolloutPath     = "/v1/rollouts/" + appID + "/autumn"
	// rolloutWaves are as large as each other.
	rolloutWaves = 3
)

// upgrade is a standalone with mini programs that run version 1.0.2 of a template.
type upgrade struct {
	*standalone
	minis []string
	// said counts the commands, each of which has a key of its own.
	said int
}

// The last digit of a mini program's id is what reviewers make of its new version, or Alipay of its
// rollback; its fifth is the wave.
const (
	fateOnline   = 0
	fateRejected = 1
	fateKept     = 2
)

// fateOf has every twentieth rejected, in the last wave every fourth; three can't be taken back.
func fateOf(i, wave, of int) int {
	every := 20
	if wave == rolloutWaves-1 {
		every = 4
	}
	switch {
	case i%every == 3:
		return fateRejected
	case i == 0 || i == of/2 || i == of-2:
		return fateKept
	}
	return fateOnline
}

// upgradeOf lets so many merchants have a mini program, each with an ext of its own, and waits until all
// are online.
func upgradeOf(t *testing.T, count int) *upgrade {
	t.Helper()
	u := &upgrade{standalone: startStandalone(t, speed(600), "--demo=false", "--well-behaved")}
	u.rules(u.all("pass"))
	for i := range count {
		wave := i * rolloutWaves / count
		fate := fateOf(i, wave, count)
		id := fmt.Sprintf("2021%d%010d%d", wave, i, fate)
		u.minis = append(u.minis, id)
		number := map[int]string{fateOnline: "had-", fateRejected: "had-", fateKept: "keeps-"}[fate] + id
		u.sim(http.MethodPost, "mini-programs", map[string]any{"app_id": appID, "mini_app_id": id, "app_name": "店" + id, "out_order_no": number, "authorized": true}, nil)
		u.place(u.first(id))
	}
	u.awaitCount(order.StageOnline, count)
	return u
}

// first is the order that has put version 1.0.2 online.
func (u *upgrade) first(id string) map[string]any {
	body := u.formal("first-" + id)
	delete(body, "create")
	body["kind"], body["mini_app_id"] = order.KindRelease, id
	body["version"] = map[string]any{"template_id": rolloutTemplate, "template_version": "1.0.2", "ext": map[string]any{"shop": id}}
	return body
}

// all is the rule for every mini program: quick, with one verdict.
func (u *upgrade) all(verdict string) alipaysim.Rule {
	return alipaysim.Rule{
		Authorize: &alipaysim.AuthorizeRule{}, Build: &alipaysim.BuildRule{Result: "ok"}, Scan: &alipaysim.ScanRule{Result: "pass"},
		Audits: []alipaysim.AuditRule{{Result: verdict, Reasons: []alipaysim.Reason{{Memo: "类目不符"}}}},
	}
}

// awaitCount waits until so many orders stand in a stage.
func (u *upgrade) awaitCount(stage order.Stage, count int) {
	u.t.Helper()
	eventually(u.t, patience+time.Duration(count)*2*time.Second, fmt.Sprint(count, " orders are ", stage), func() error {
		stats := decode[struct {
			Stages map[order.Stage]int `json:"by_stage"`
		}](u.t, u.api(http.MethodGet, "/v1/stats", nil), http.StatusOK)
		if stats.Stages[stage] != count {
			return fmt.Errorf("%d are", stats.Stages[stage])
		}
		return nil
	})
}

func (u *upgrade) awaitRollout(what string, is func(rollout.View) bool) rollout.View {
	u.t.Helper()
	var view rollout.View
	eventually(u.t, patience+time.Duration(len(u.minis))*2*time.Second, what, func() error {
		answer, err := u.ask(http.MethodGet, rolloutPath, nil)
		if err != nil || answer.status != http.StatusOK { // one that has just been started replays
			return fmt.Errorf("%s, %w", answer, err)
		}
		if view = decode[rollout.View](u.t, answer, http.StatusOK); !is(view) {
			return fmt.Errorf("it stands %s, wave %d, %v, %s", view.State, view.Wave, view.Counts, view.Why)
		}
		return nil
	})
	return view
}

// steer gives the rollout a command that it takes.
func (u *upgrade) steer(command string) {
	u.t.Helper()
	u.said++
	eventually(u.t, patience, command, func() error { // a worker that has just been started may be late
		answer, err := u.ask(http.MethodPost, rolloutPath+"/"+command, map[string]string{"reason": "the test"}, "Idempotency-Key", fmt.Sprint(command, u.said))
		if err == nil && answer.status != http.StatusOK {
			err = fmt.Errorf("%s", answer)
		}
		return err
	})
}
