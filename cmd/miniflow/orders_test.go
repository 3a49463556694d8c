package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// TestEveryOrderCommandIsOneCall goes through the command lines and what each
// asks of the API.
func TestEveryOrderCommandIsOneCall(t *testing.T) {
	for line, want := range map[string]string{
		"orders start FILE":                                                                          `POST /v1/orders {"submission":{}}`,
		"orders get 2021/demo-1":                                                                     "GET /v1/orders/2021/demo-1",
		"orders get demo-1 --app-id 2021":                                                            "GET /v1/orders/2021/demo-1",
		"orders provide-input 2021/demo-1 FILE":                                                      `POST /v1/orders/2021/demo-1/provide-input {"submission":{}}`,
		"orders approve 2021/demo-1 --actor ann":                                                     "POST /v1/orders/2021/demo-1/approve {} by ann",
		"orders resubmit 2021/demo-1 FILE":                                                           `POST /v1/orders/2021/demo-1/resubmit {"submission":{}}`,
		"orders decide-base-pass 2021/demo-1 go_online":                                              `POST /v1/orders/2021/demo-1/decide-base-pass {"decision":"go_online"}`,
		"orders withdraw 2021/demo-1":                                                                "POST /v1/orders/2021/demo-1/withdraw {}",
		"orders refresh 2021/demo-1":                                                                 "POST /v1/orders/2021/demo-1/refresh {}",
		"orders retry 2021/demo-1":                                                                   "POST /v1/orders/2021/demo-1/retry {}",
		"orders cancel 2021/demo-1 --reason typo":                                                    `POST /v1/orders/2021/demo-1/cancel {"reason":"typo"}`,
		"orders begin-again 2021/demo-1 --reason typo --actor ann":                                   `POST /v1/orders/2021/demo-1/begin-again {"reason":"typo"} by ann`,
		"orders list --attention --execution paused":                                                 "GET /v1/orders?attention=true&execution=paused&limit=50",
		"orders list --stage auditing --kind formal":                                                 "GET /v1/orders?kind=formal&limit=50&stage=auditing",
		"orders list --since 2026-11-20T08:00:00+08:00 --limit 999":                                  "GET /v1/orders?limit=200&since=2026-11-20T08%3A00%3A00%2B08%3A00",
		"mini-programs list --app-id 2021 --limit 60":                                                "GET /v1/mini-programs?app_id=2021&limit=50",
		"mini-programs certify 2021/m1 FILE":                                                         `POST /v1/mini-programs/2021/m1/certify {"submission":{}}`,
		"mini-programs get 2021/m1":                                                                  "GET /v1/mini-programs/2021/m1",
		"mini-programs rollback m1 --app-id 2021 --app-version 0.0.2 --reason x":                     `POST /v1/mini-programs/2021/m1/rollback {"app_version":"0.0.2","reason":"x"}`,
		"mini-programs offline 2021/m1 --actor ann":                                                  `POST /v1/mini-programs/2021/m1/offline {"reason":""} by ann`,
		"deliveries list --state dead --app-id 2021":                                                 "GET /v1/deliveries?app_id=2021&limit=50&state=dead",
		"deliveries get 2021/n1":                                                                     "GET /v1/deliveries/2021/n1",
		"deliveries get 2021/a/b --copy":                                                             "GET /v1/deliveries/2021/a%2Fb?copy=true",
		"deliveries get a/b --app-id 2021":                                                           "GET /v1/deliveries/2021/a%2Fb",
		"deliveries replay 2021/n1 --actor ann":                                                      `POST /v1/deliveries/2021/n1/replay {"reason":""} by ann`,
		"deliveries discard n1 --app-id 2021 --copy --reason test":                                   `POST /v1/deliveries/2021/n1/discard?copy=true {"reason":"test"}`,
		"deliveries replay --all --app-id 2021 --state dead --rate 5":                                `POST /v1/deliveries/replay {"dry_run":false,"filter":{"app_id":"2021","state":"dead"},"rate":5,"reason":""}`,
		"deliveries discard --all --dry-run --app-id 2021 --since 2026-11-20T08:00:00Z --reason old": `POST /v1/deliveries/discard {"dry_run":true,"filter":{"app_id":"2021","since":"2026-11-20T08:00:00Z"},"rate":10,"reason":"old"}`,
		"webhooks list --app-id 2021":                                                                "GET /v1/webhooks?app_id=2021",
		"webhooks test 2021":                                                                         "POST /v1/webhooks/2021/test",
		"webhooks enable 2021 --actor ann":                                                           "POST /v1/webhooks/2021/enable by ann",
		"webhooks resend 2021 --order demo-1":                                                        `POST /v1/webhooks/2021/resend {"out_order_no":"demo-1"}`,
		"webhooks resend 2021 --since 2026-11-20T08:00:00Z":                                          `POST /v1/webhooks/2021/resend {"since":"2026-11-20T08:00:00Z"}`,
		"webhooks resend 2021 --dead":                                                                `POST /v1/webhooks/2021/resend {"dead":true}`,
	} {
		t.Run(line, func(t *testing.T) {
			// An answer of every call: an order, a list, a delivery, a webhook.
			a := newAPI(t, strings.TrimSuffix(strings.TrimSpace(auditing), "}")+`,"orders":[],"deliveries":[],"mini_programs":[],"webhooks":[],"ok":true,"next_cursor":"","state":"waiting"}`)
			file := a.Write("order.json", `{"submission":{}}`)
			args := strings.Fields(strings.ReplaceAll(line, "FILE", file))
			a.Says(a.Run(append(args, "--api", a.url)...), command.ExitOK)
			if diff := cmp.Diff([]string{want}, a.asked); diff != "" {
				t.Error(diff)
			}
			a.answers = []string{`409 {"title":"Conflict","status":409,"detail":"not now: it is online","errors":[{"field":"version","message":"give one"}]}`}
			a.Says(a.Run(append(args, "--api", a.url)...), command.ExitFailed, "409", "not now: it is online", "version: give one")
		})
	}
}

// TestABulkTakesMomentsAsPeopleGiveThem: how long ago, which the API does not read.
func TestABulkTakesMomentsAsPeopleGiveThem(t *testing.T) {
	a := newAPI(t, `{"state":"done"}`)
	a.Says(a.Run("deliveries", "replay", "--all", "--app-id", "2021", "--since", "2d", "--until", "6h", "--api", a.url), command.ExitOK)
	if len(a.asked) != 1 || !regexp.MustCompile(`"since":"20[0-9-]+T[0-9:]+Z","until":"20[0-9-]+T[0-9:]+Z"`).MatchString(a.asked[0]) {
		t.Errorf("asked %q", a.asked)
	}
	a.Says(a.Run("deliveries", "replay", "--all", "--app-id", "2021", "--since", "yesterday", "--api", a.url), command.ExitUsage, "--since", "6h or 2d")
}

func TestOrdersArePrinted(t *testing.T) {
	a := newAPI(t, auditing)
	r := a.Run("orders", "get", "2021/demo-1", "--api", a.url)
	a.Says(r, command.ExitOK, "2021/demo-1  auditing (needs_input)", "LOGO_IS_BLANK", "submission.files.app_logo", "类目不符", "withdraw, cancel", "order.stage_changed · auditing · ops")
	if strings.Contains(r.Stdout, "\x1b") {
		t.Error("a reviewer's control character reaches the terminal")
	}
	if got := commandtest.Asks[map[string]any](a.Program, command.ExitOK, "orders", "get", "2021/demo-1", "--api", a.url); got["stage"] != "auditing" || got["hold"] == nil {
		t.Errorf("%v", got)
	}
	a.answers = []string{strings.TrimSuffix(strings.TrimSpace(auditing), "}") + `,"warnings":[{"field":"submission.memo","message":"it\u001b does not help"}]}`}
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", a.url), command.ExitOK, "warning submission.memo: it", "does not help")
}

func TestListsFollowTheCursor(t *testing.T) {
	a := newAPI(t, `{"orders":[`+auditing+`],"next_cursor":"c1"}`, `{"orders":[`+online+`],"next_cursor":""}`)
	a.Says(a.Run("orders", "list", "--api", a.url), command.ExitOK, "auditing", "online")
	if diff := cmp.Diff([]string{"GET /v1/orders?limit=50", "GET /v1/orders?cursor=c1&limit=49"}, a.asked); diff != "" {
		t.Error(diff)
	}
	a.answers = []string{`{"orders":[` + auditing + `],"next_cursor":"c1"}`}
	a.Says(a.Run("orders", "list", "--limit", "1", "--api", a.url), command.ExitOK, "there are more")
	a.answers = []string{`{"orders":[],"next_cursor":""}`}
	a.Says(a.Run("orders", "list", "--api", a.url), command.ExitOK, "no orders")
	a.answers = []string{`{"deliveries":[{"app_id":"2021","notify_id":"n1","name":"x.y","state":"dead","reason":"no order","received_at":"2026-11-21T12:00:00Z","channel":"http","held_by":"delivery"}],"next_cursor":"d1"}`,
		`{"deliveries":[],"next_cursor":""}`}
	a.Says(a.Run("deliveries", "list", "--api", a.url), command.ExitOK, "dead", "2021/n1", "no order")
	a.answers = []string{`{"deliveries":[],"next_cursor":""}`}
	a.Says(a.Run("deliveries", "list", "--api", a.url), command.ExitOK, "no deliveries")
	a.answers = []string{auditing}
	a.Says(a.Run("deliveries", "list", "--api", a.url), command.ExitUsage, "is --api right?")
}

// TestWatchFollowsAnOrderToItsEnd sees each thing that happens once.
func TestWatchFollowsAnOrderToItsEnd(t *testing.T) {
	a := newAPI(t, auditing, auditing, online)
	began := time.Now()
	r := a.Run("orders", "watch", "2021/demo-1", "--api", a.url, "--wait", "1s")
	a.Says(r, command.ExitOK, "order.finished")
	if n := strings.Count(r.Stdout, "order.stage_changed"); n != 1 {
		t.Errorf("the change is shown %d times:\n%s", n, r.Stdout)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("an answer without news was asked for again at once: all took %v", took)
	}
	want := []string{"GET /v1/orders/2021/demo-1", "GET /v1/orders/2021/demo-1?wait=1s&after=3", "GET /v1/orders/2021/demo-1?wait=1s&after=3"}
	if diff := cmp.Diff(want, a.asked); diff != "" {
		t.Error(diff)
	}
}

// stopped is an order whose workflow an operator has terminated. finished_at is
// left out: a client that goes by execution alone has to stop as well.
const stoppedOrder = `{"app_id":"2021","out_order_no":"demo-1","stage":"auditing","sequence":3,"finished_at":null,"execution":"terminated","commands":["begin-again"],
	"interruption":{"by":"ann@ops","since":"2026-11-21T12:00:00Z","reason":"the wrong button","remedy":"begin-again"},"timeline":[]}`

// A terminated order answered each long-poll at once: 413 requests in five seconds.
func TestWatchStopsAtAnOrderThatWasTerminated(t *testing.T) {
	a := newAPI(t, auditing, stoppedOrder)
	a.Says(a.Run("orders", "watch", "2021/demo-1", "--api", a.url, "--wait", "30s"), command.ExitOK, "auditing (terminated)", "the wrong button")
	if len(a.asked) != 2 {
		t.Errorf("asked %d times: %v", len(a.asked), a.asked)
	}
	a = newAPI(t, stoppedOrder)
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", a.url), command.ExitOK, "auditing (terminated)", "ann@ops", "the wrong button", "begin-again")
}

func TestWatchSurvivesARestart(t *testing.T) {
	a := newAPI(t, auditing, `409 {"detail":"starting"}`, online)
	a.Says(a.Run("orders", "watch", "2021/demo-1", "--api", a.url), command.ExitOK, "order.finished")
	a = newAPI(t, `409 {"detail":"no"}`)
	a.Says(a.Run("orders", "watch", "2021/demo-1", "--api", a.url), command.ExitFailed, "409")
}

func TestADeliveryIsPrintedWithItsContent(t *testing.T) {
	a := newAPI(t, `{"app_id":"2021","notify_id":"n1","name":"x.y","state":"dead","reason":"nobody took it","received_at":"2026-11-21T12:00:00Z","channel":"http","held_by":"delivery",
		"attempts":3,"last_error":"the forward target answered 502 Bad Gateway","next_try":"2026-11-21T13:00:00Z","masked":true,"content":{"status":"AGREED","memo":"a\u001b[31m"}}`)
	r := a.Run("deliveries", "get", "2021/n1", "--api", a.url)
	a.Says(r, command.ExitOK, "dead", "nobody took it", "tried 3 times", "502 Bad Gateway", "next try", `"status":"AGREED"`)
	if strings.Contains(r.Stdout, "\x1b") {
		t.Error("a message's control character reaches the terminal")
	}
	if got := commandtest.Asks[map[string]any](a.Program, command.ExitOK, "deliveries", "get", "2021/n1", "--api", a.url); got["masked"] != true {
		t.Errorf("%v", got)
	}
}
