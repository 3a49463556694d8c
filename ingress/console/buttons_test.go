package console

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

var commandHref = regexp.MustCompile(`/do/([a-z-]+)"`)

// buttonsFor are the commands that each role has buttons for, as it was agreed: not read off the table
// that decides it.
var buttonsFor = map[string][]string{
	"viewer-1": nil, "auditor-1": nil, "service-1": {"provide-input", "resubmit"},
	"operator-1": {"begin-again", "cancel", "certify", "give-up", "provide-input", "refresh", "resubmit", "retry", "withdraw"},
	"release-1":  {"approve", "begin-again", "cancel", "certify", "decide-base-pass", "give-up", "provide-input", "refresh", "resubmit", "retry", "withdraw"},
}

func commandsOn(page string) (commands []string) {
	for _, found := range commandHref.FindAllStringSubmatch(page, -1) {
		commands = append(commands, found[1])
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

// TestEachRoleHasItsButtons, on the page of an order that takes everything and among what is to be done.
func TestEachRoleHasItsButtons(t *testing.T) {
	h := open(t)
	view := order.View{AppID: app, OutOrderNo: no, Stage: order.StageAuditing, StageSince: earlier, Commands: order.Commands(), Execution: order.ExecutionTerminated,
		Hold: &order.Hold{Kind: order.HoldNeedsInput, Fields: []string{"submission.files.app_logo"}},
	}
	h.api.answers["GET "+orderAPI(app, no)] = view
	item := attention.Item{ID: "order:" + no, AppID: app, OutOrderNo: no, Kind: attention.KindNeedsInput, Commands: append(orderCommands(), "begin-again", "replay-delivery", "javascript")}
	h.api.answers["GET /v1/attention"] = map[string]any{"items": []attention.Item{item}}
	h.api.answers["GET "+unescaped(t, attentionAPI(app, "order:"+no))] = item
	h.api.answers["GET /v1/deliveries"] = struct{}{}
	h.api.answers["GET "+miniProgramAPI(app, "m-1")] = order.MiniProgramView{AppID: app, MiniAppID: "m-1", Online: &order.OnlineVersion{AppVersion: "1.0.1"}}
	h.api.answers["GET /v1/orders"] = struct{}{}
	for who, want := range buttonsFor {
		cookie := h.logIn(who)
		for _, place := range []string{to("orders", app, no), to("attention")} {
			page := h.page(place, words.English, cookie)
			if got := commandsOn(page); !slices.Equal(got, want) {
				t.Errorf("%s has the buttons %v on %s, want %v", who, got, place, want)
			}
			if notes := strings.Contains(page, `/comment"`); notes != slices.Contains([]string{"service-1", "operator-1", "release-1"}, who) {
				t.Errorf("%s may note something on %s: %t", who, place, notes)
			}
		}
		operates := who == "operator-1" || who == "release-1"
		if bulk := strings.Contains(h.page(to("deliveries"), words.English, cookie), to("deliveries", "bulk")); bulk != operates {
			t.Errorf("%s is offered many messages at once: %t", who, bulk)
		}
		if closes := strings.Contains(h.page(to("mini-programs", app, "m-1"), words.English, cookie), `/close"`); closes != operates {
			t.Errorf("%s may let go of a mini program: %t", who, closes)
		}
		for _, act := range []string{"rollback", "offline"} {
			if downs := strings.Contains(h.page(to("mini-programs", app, "m-1"), words.English, cookie), "/"+act+`"`); downs != (who == "release-1") {
				t.Errorf("%s may %s a mini program: %t", who, act, downs)
			}
		}
		if audits := strings.Contains(h.page(to("attention"), words.English, cookie), `href="`+to("audit")+`"`); audits != (who == "auditor-1") {
			t.Errorf("%s is led to the audit log: %t", who, audits)
		}
	}
}

// TestEachRoleSteersARollout as it may, and nobody gives it what it does not take.
func TestEachRoleSteersARollout(t *testing.T) {
	h := open(t)
	view := rollout.View{AppID: app, ID: "autumn", State: rollout.Going, Commands: []string{"pause", "halt", "rollback"}, Counts: map[string]int{"online": 3, "rejected": 1}}
	h.api.answers["GET "+rolloutAPI(app, "autumn")] = view
	h.api.answers["GET "+rolloutAPI(app, "autumn")+"/members"] = rollout.MembersPage{Members: []rollout.MemberView{{MiniAppID: "m-1", OutOrderNo: "autumn-m-1", Where: "rejected", NextAct: words.Plain("correct it")}}}
	href := regexp.MustCompile(`action="` + to("rollouts", app, "autumn") + `/([a-z]+)"`)
	for who, want := range map[string][]string{
		"viewer-1": nil, "auditor-1": nil, "service-1": nil, "operator-1": {"pause", "halt"}, "release-1": {"pause", "halt", "rollback"},
	} {
		page := h.page(to("rollouts", app, "autumn"), words.Chinese, h.logIn(who))
		var got []string
		for _, found := range href.FindAllStringSubmatch(page, -1) {
			got = append(got, found[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the buttons %v, want %v", who, got, want)
		}
		for _, part := range []string{"进行中", "被驳回 1", "correct it", to("orders", app, "autumn-m-1"), `<progress max="0"`} {
			if !strings.Contains(page, part) {
				t.Errorf("%s does not see %s", who, part)
			}
		}
	}
}

// TestAMiniProgramThatIsNeededIsNotLetGo: while an order is in charge there is no such button.
func TestAMiniProgramThatIsNeededIsNotLetGo(t *testing.T) {
	h := open(t)
	h.api.answers["GET /v1/orders"] = struct{}{}
	h.api.answers["GET "+miniProgramAPI(app, "m-1")] = order.MiniProgramView{AppID: app, MiniAppID: "m-1", OutOrderNo: no}
	if page := h.page(to("mini-programs", app, "m-1"), words.English, h.logIn("release-1")); strings.Contains(page, `/close"`) {
		t.Error("it has the button")
	}
}

// TestTheMerchantsLinkComesWithAMessage that can be sent as it is: which mini program, what to do, and
// where. An order that asks nothing of its merchant has none.
func TestTheMerchantsLinkComesWithAMessage(t *testing.T) {
	const link = "https://isv.example/m/1"
	for stage, want := range map[order.Stage]map[words.Language]string{
		order.StageAwaitingMerchant: {
			words.English: "Hello! For your mini program “巷口小面” we need you to confirm in the Alipay app. Please open this on your phone: " + link,
			words.Chinese: "您好！您的小程序“巷口小面”需要您在支付宝 App 中确认，请用手机打开：" + link,
		},
		order.StageAuditing: {words.English: "", words.Chinese: ""},
	} {
		for language, message := range want {
			h := open(t)
			h.api.answers["GET "+orderAPI(app, no)] = order.View{AppID: app, OutOrderNo: no, ShopName: "巷口小面", Stage: stage, StageSince: earlier, Links: order.Links{Merchant: link}}
			page := h.page(to("orders", app, no), language, h.logIn("service-1"))
			if !strings.Contains(page, `data-copy="`+cmp.Or(message, link)+`"`) || message == "" && strings.Contains(page, "巷口小面”") {
				t.Errorf("at %s in %s the page has not the message %q", stage, language, message)
			}
		}
	}
}
