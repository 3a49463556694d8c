package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// answersDeliveries lets the REST API take what is done to messages, notes and mini programs.
func (h *house) answersDeliveries() {
	for _, path := range []string{
		deliveryAPI(app, "n-1") + "/replay", deliveryAPI(app, "n-1") + "/discard", miniProgramAPI(app, "m-1") + "/close", miniProgramAPI(app, "m-1") + "/rollback", miniProgramAPI(app, "m-1") + "/offline",
		attentionAPI(app, "order:"+no) + "/assign", attentionAPI(app, "order:"+no) + "/snooze", attentionAPI(app, "order:"+no) + "/comment",
		rolloutAPI(app, "autumn") + "/halt", rolloutAPI(app, "autumn") + "/retry",
	} {
		h.api.answers["POST "+path] = struct{}{}
	}
	bulk := order.BulkView{BulkID: "b-1", Command: "replay", Filter: order.DeliveryFilter{AppID: app}, Found: 50, Complete: true}
	h.api.answers["POST /v1/deliveries/replay"], h.api.answers["POST /v1/deliveries/discard"] = bulk, bulk
}

// TestWhatIsDoneIsSaidToTheAPI: each form of the other pages, what it sends and where it leads.
func TestWhatIsDoneIsSaidToTheAPI(t *testing.T) {
	item := to("attention", app, "order:"+no)
	said := attentionAPI(app, "order:"+no)
	for name, c := range map[string]struct {
		path   string
		fields url.Values
		sent   string
		query  string
		body   string
		leads  string
	}{
		"replay":     {to("deliveries", app, "n-1", "replay"), url.Values{"reason": {"a test"}}, deliveryAPI(app, "n-1") + "/replay", "", `{"reason":"a test"}`, to("deliveries", app, "n-1") + "?done=replay"},
		"discard":    {to("deliveries", app, "n-1", "discard"), url.Values{"copy": {"true"}}, deliveryAPI(app, "n-1") + "/discard", "copy=true", `{"reason":""}`, to("deliveries", app, "n-1") + "?copy=true&done=discard"},
		"rollback":   {to("mini-programs", app, "m-1", "rollback"), url.Values{"reason": {"x"}, "app_version": {"1.0.1"}}, miniProgramAPI(app, "m-1") + "/rollback", "", `{"app_version":"1.0.1","reason":"x"}`, to("mini-programs", app, "m-1")},
		"offline":    {to("mini-programs", app, "m-1", "offline"), url.Values{"reason": {"x"}}, miniProgramAPI(app, "m-1") + "/offline", "", `{"reason":"x"}`, to("mini-programs", app, "m-1")},
		"close":      {to("mini-programs", app, "m-1", "close"), url.Values{"reason": {"left"}}, miniProgramAPI(app, "m-1") + "/close", "", `{"reason":"left"}`, to("mini-programs")},
		"halt":       {to("rollouts", app, "autumn", "halt"), url.Values{"reason": {"slow"}, "no_ext": {"true"}}, rolloutAPI(app, "autumn") + "/halt", "", `{"reason":"slow"}`, to("rollouts", app, "autumn")},
		"retry":      {to("rollouts", app, "autumn", "retry"), url.Values{"no_ext": {"true"}}, rolloutAPI(app, "autumn") + "/retry", "", `{"reason":"","no_ext":true}`, to("rollouts", app, "autumn")},
		"assign":     {item + "/assign", url.Values{"to": {"service-1"}, "back": {to("orders", app, no)}}, said + "/assign", "", `{"to":"service-1"}`, to("orders", app, no) + "?noted=assign"},
		"give back":  {item + "/assign", url.Values{"to": {""}, "back": {"https://evil.example"}}, said + "/assign", "", `{"to":""}`, Path + "?noted=assign"},
		"snooze":     {item + "/snooze", url.Values{"hours": {"4"}, "back": {to("attention")}}, said + "/snooze", "", `{"until":"2026-11-30T21:30:00Z"}`, to("attention") + "?noted=snooze"},
		"show again": {item + "/snooze", url.Values{"hours": {"0"}, "back": {to("attention")}}, said + "/snooze", "", `{}`, to("attention") + "?noted=snooze"},
		"comment":    {item + "/comment", url.Values{"text": {"朋友 called"}, "back": {to("attention") + "?kind=x"}}, said + "/comment", "", `{"text":"朋友 called"}`, to("attention") + "?kind=x&noted=comment"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.answersDeliveries()
			who := "operator-1"
			if name == "rollback" || name == "offline" { // a release's own
				who = "release-1"
			}
			answer := h.do(h.form(c.path, c.fields), h.logIn(who))
			if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != c.leads {
				t.Errorf("it is answered %d, to %q, want %q", answer.Code, answer.Header().Get("Location"), c.leads)
			}
			sent := h.commanded()
			if sent.Method+" "+sent.Path != "POST "+unescaped(t, c.sent) || sent.Query.Encode() != c.query || sent.Who.Name != who {
				t.Errorf("it was asked as %+v", sent)
			}
			sameJSON(t, sent.Body, c.body)
		})
	}
}

func unescaped(t *testing.T, path string) string {
	t.Helper()
	plain, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestManyAreCountedBeforeAnythingIsDone: the first time a dry run, the second time for good, under a key
// that a second click has, too.
func TestManyAreCountedBeforeAnythingIsDone(t *testing.T) {
	h := open(t)
	h.answersDeliveries()
	who, at := h.logIn("operator-1"), to("deliveries", "bulk")
	fields := url.Values{"command": {"replay"}, "app_id": {app}, "state": {"dead"}, "since": {"2026-11-30T09:00"}, "rate": {"2.5"}, "reason": {"a test"}}
	page := h.do(h.form(at, fields), who).Body.String()
	dry := h.commanded()
	filter := `"filter":{"app_id":"` + app + `","state":"dead","since":"2026-11-30T09:00:00+08:00"},"rate":2.5,"reason":"a test"`
	sameJSON(t, dry.Body, `{"dry_run":true,`+filter+`}`)
	if dry.Header.Get("Idempotency-Key") != "" || !strings.Contains(page, "50 messages are meant.") {
		t.Errorf("it was asked as %+v and shows %s", dry, page)
	}
	_, rest, _ := strings.Cut(page, `name="key" value="`)
	key, _, _ := strings.Cut(rest, `"`)
	if len(key) != 36 {
		t.Fatalf("the second form has the key %q", key)
	}
	fields.Set("key", key)
	for range 2 {
		answer := h.do(h.form(at, fields), who)
		if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != to("deliveries", "bulk", app, "b-1") {
			t.Errorf("it is answered %d, to %q", answer.Code, answer.Header().Get("Location"))
		}
	}
	for _, sent := range h.api.posts()[1:] {
		sameJSON(t, sent.Body, `{"dry_run":false,`+filter+`}`)
		if sent.Header.Get("Idempotency-Key") != key {
			t.Errorf("it was sent under the key %q", sent.Header.Get("Idempotency-Key"))
		}
	}
	h.api.answers["POST /v1/deliveries/replay"] = refuses(http.StatusUnprocessableEntity, "the rate is wrong", "rate", "at most 100")
	answer := h.do(h.form(at, fields), who)
	if page := answer.Body.String(); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "at most 100") || !strings.Contains(page, `value="2.5"`) || strings.Contains(page, `name="key"`) {
		t.Errorf("a refusal is answered %d: %s", answer.Code, page)
	}
}

// TestABulkShowsHowFarItIs, and is read again until it is over.
func TestABulkShowsHowFarItIs(t *testing.T) {
	h := open(t)
	for state, live := range map[order.BulkState]bool{order.BulkRunning: true, order.BulkDone: false, order.BulkStopped: false} {
		h.api.answers["GET /v1/deliveries/bulk/"+app+"/b-1"] = order.BulkView{Command: "replay", State: state, Found: 50, Complete: true, Taken: 20, Refused: 3, StartedAt: earlier}
		page := h.page(to("deliveries", "bulk", app, "b-1"), words.English, h.logIn("viewer-1"))
		if !strings.Contains(page, `<progress max="50" value="23"`) || !strings.Contains(page, "23 of 50") || strings.Contains(page, "data-live") != live {
			t.Errorf("%s is shown as %s", state, page)
		}
	}
}

// TestAMessageHasTheButtonsThatHelp: as long as it can be replayed, and only for who may.
func TestAMessageHasTheButtonsThatHelp(t *testing.T) {
	for name, c := range map[string]struct {
		who      string
		delivery order.DeliveryView
		open     bool
	}{
		"dead":        {"operator-1", order.DeliveryView{State: order.DispositionDead, HeldBy: order.HeldByDelivery, ReplayableUntil: noon.Add(time.Second)}, true},
		"too late":    {"operator-1", order.DeliveryView{State: order.DispositionDead, HeldBy: order.HeldByDelivery, ReplayableUntil: noon}, false},
		"waiting":     {"operator-1", order.DeliveryView{State: order.DispositionWaiting, HeldBy: order.HeldByDelivery}, true},
		"applied":     {"operator-1", order.DeliveryView{State: order.DispositionApplied, HeldBy: order.HeldByDelivery, ReplayableUntil: noon.Add(time.Second)}, false},
		"elsewhere":   {"operator-1", order.DeliveryView{State: order.DispositionWaiting, HeldBy: order.HeldByMiniProgram}, false},
		"by a viewer": {"viewer-1", order.DeliveryView{State: order.DispositionWaiting, HeldBy: order.HeldByDelivery}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			c.delivery.AppID, c.delivery.NotifyID = app, "n-1"
			h.api.answers["GET "+deliveryAPI(app, "n-1")] = struct {
				order.DeliveryView
				Masked  bool              `json:"masked"`
				Content map[string]string `json:"content"`
			}{c.delivery, true, map[string]string{"phone": "***"}}
			page := h.page(to("deliveries", app, "n-1"), words.English, h.logIn(c.who))
			if has := strings.Contains(page, ">Replay</button>"); has != c.open || has != strings.Contains(page, ">Discard</button>") {
				t.Errorf("the buttons are there: %t, want %t", has, c.open)
			}
			if reveals := strings.Contains(page, "reveal=true"); reveals != (c.who == "operator-1") {
				t.Errorf("people's data is offered to %s: %t", c.who, reveals)
			}
		})
	}
}
