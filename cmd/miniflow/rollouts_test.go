package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/cmd/internal/command"
)

const (
	running = `{"app_id":"2021","id":"autumn","state":"running","since":"2026-11-21T12:00:00Z","template_id":"T","template_version":"1.0.3","members":40,"wave":1,"waves":2,
		"settled":10,"left_seconds":3600,"next_wave_at":"2026-11-21T13:00:00Z","counts":{"online":9,"rejected":1,"waiting":30},"left_out":3,
		"exceptions":[{"mini_app_id":"2021000000000007","out_order_no":"autumn-2021000000000007","where":"rejected","code":"X","next_act":"correct its order"}]}`
	halted = `{"app_id":"2021","id":"autumn","state":"halted","why":"TOO_MANY_REJECTED","members":40,"settled":10,"counts":{}}`
	done   = `{"app_id":"2021","id":"autumn","state":"done","members":40,"settled":40,"counts":{"online":40}}`
)

// TestRolloutsAreAskedFor: each command line is one call of the API, and what the API refuses is said.
func TestRolloutsAreAskedFor(t *testing.T) {
	for line, want := range map[string]string{
		"rollouts start FILE":                                      `POST /v1/rollouts {"app_id":"2021","id":"autumn"}`,
		"rollouts start FILE --no-ext --actor ann":                 `POST /v1/rollouts {"app_id":"2021","id":"autumn","no_ext":true} by ann`,
		"rollouts list --app-id 2021 --limit 5":                    "GET /v1/rollouts?app_id=2021&limit=5",
		"rollouts show 2021/autumn":                                "GET /v1/rollouts/2021/autumn",
		"rollouts show autumn --app-id 2021 --where kept":          "GET /v1/rollouts/2021/autumn/members?after=0&limit=200&where=kept",
		"rollouts show 2021/autumn --members --limit 7":            "GET /v1/rollouts/2021/autumn/members?after=0&limit=7",
		"rollouts pause 2021/autumn --actor ann":                   `POST /v1/rollouts/2021/autumn/pause {"reason":""} by ann`,
		"rollouts halt 2021/autumn --reason slow":                  `POST /v1/rollouts/2021/autumn/halt {"reason":"slow"}`,
		"rollouts resume 2021/autumn":                              `POST /v1/rollouts/2021/autumn/resume {"reason":""}`,
		"rollouts retry 2021/autumn --no-ext":                      `POST /v1/rollouts/2021/autumn/retry {"no_ext":true,"reason":""}`,
		"rollouts rollback autumn --app-id 2021 --reason they+pay": `POST /v1/rollouts/2021/autumn/rollback {"reason":"they+pay"}`,
	} {
		t.Run(line, func(t *testing.T) {
			answer := strings.TrimSuffix(done, "}") + `,"rollouts":[]}`
			if strings.Contains(want, "/members") {
				answer = `{"members":[],"next":0}`
			}
			a := newAPI(t, answer)
			args := strings.Fields(strings.ReplaceAll(line, "FILE", a.Write("rollout.json", `{"app_id":"2021","id":"autumn"}`)))
			a.Says(a.Run(append(args, "--api", a.url)...), command.ExitOK)
			if diff := cmp.Diff([]string{want}, a.asked); diff != "" {
				t.Error(diff)
			}
			a.answers = []string{`409 {"title":"Conflict","status":409,"detail":"not now: it is done"}`}
			a.Says(a.Run(append(args, "--api", a.url)...), command.ExitFailed, "409", "not now: it is done")
		})
	}
	a := newAPI(t, done)
	a.Says(a.Run("rollouts", "show", "a/b/c", "--api", a.url), command.ExitUsage, "names no rollout")
}

// TestAFileOfConfigurationsIsHandedIn before the rollout that names it.
func TestAFileOfConfigurationsIsHandedIn(t *testing.T) {
	a := newAPI(t, `{"sha256":"ab"}`, done)
	body, exts := a.Write("rollout.json", `{"app_id":"2021"}`), a.Write("ext.jsonl", `{"mini_app_id":"1","ext":{}}`)
	a.Says(a.Run("rollouts", "start", body, "--ext", exts, "--api", a.url), command.ExitOK, "done")
	want := []string{`POST /v1/files?app_id=2021&field=rollout.ext {"mini_app_id":"1","ext":{}}`, `POST /v1/rollouts {"app_id":"2021","ext":{"sha256":"ab"}}`}
	if diff := cmp.Diff(want, a.asked); diff != "" {
		t.Error(diff)
	}
	a.Says(a.Run("rollouts", "start", a.Write("other.json", "{}"), "--ext", exts, "--api", a.url), command.ExitUsage, "app_id")
}

func TestARolloutIsPrinted(t *testing.T) {
	a := newAPI(t, running)
	a.Says(a.Run("rollouts", "show", "2021/autumn", "--api", a.url), command.ExitOK, "2021/autumn", "[=======                       ] 10 of 40, about 1h0m0s left",
		"T to version 1.0.3", "1 of 2", "next wave", "online", "waiting", "rejected 2021000000000007 X", "correct its order", "3 mini programs: another rollout takes them")
	a.answers = []string{`{"rollouts":[` + running + "," + halted + `],"next_cursor":""}`}
	a.Says(a.Run("rollouts", "list", "--lang", "zh-CN", "--api", a.url), command.ExitOK, "10（共 40），约剩 1h0m0s", "halted")
}

// TestARolloutIsFollowed until it stands; one that has halted by then ends with 1.
func TestARolloutIsFollowed(t *testing.T) {
	for last, code := range map[string]int{done: command.ExitOK, halted: command.ExitFailed} {
		a := newAPI(t, running, last)
		a.Says(a.Run("rollouts", "resume", "2021/autumn", "--follow", "--api", a.url), code, "10 of 40, about 1h0m0s left", "2021/autumn")
		if diff := cmp.Diff([]string{`POST /v1/rollouts/2021/autumn/resume {"reason":""}`, "GET /v1/rollouts/2021/autumn"}, a.asked); diff != "" {
			t.Error(diff)
		}
	}
}
