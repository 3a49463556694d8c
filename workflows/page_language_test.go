package workflows_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/look"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/words"
	"miniflow/workflows/webhook"
)

// shown is the page that the Temporal UI shows now.
func shown(t *testing.T, env *testsuite.TestWorkflowEnvironment) string {
	t.Helper()
	value, err := env.QueryWorkflow("__temporal_workflow_metadata")
	var metadata sdkpb.WorkflowMetadata
	if err == nil {
		err = value.Get(&metadata)
	}
	if err != nil {
		t.Errorf("no page: %v", err)
	}
	return metadata.GetCurrentDetails()
}

var latin = regexp.MustCompile(`[A-Za-z]{2,}( [A-Za-z]+)*`)

// wantPage checks a page: in Chinese it has no Latin words but those allowed, which are codes, names,
// and what others have said; in English no Chinese. It fits an address whole.
func wantPage(t *testing.T, language words.Language, page string, allowed []string, want ...string) {
	t.Helper()
	if size := len(url.QueryEscape(page)); size >= 6<<10 {
		t.Errorf("in %q it has %d bytes in an address", language, size)
	}
	page = html.UnescapeString(page)
	for _, row := range want {
		if !strings.Contains(page, row) {
			t.Errorf("in %q it does not say %q:\n%s", language, row, page)
		}
	}
	left := page
	for _, word := range allowed {
		left = strings.ReplaceAll(left, word, "")
	}
	if strays := latin.FindAllString(left, -1); language == words.Chinese && len(strays) > 0 {
		t.Errorf("%q is left on the Chinese page:\n%s", strays, page)
	}
	if language != words.Chinese && strings.ContainsFunc(page, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("the English page has Chinese:\n%s", page)
	}
	if strings.Contains(page, "rest does not fit") || strings.Contains(page, "放不下") {
		t.Errorf("in %q it is not whole:\n%s", language, page)
	}
}

// clockIn is a moment as a page says it.
func clockIn(language words.Language, at time.Time) string { return words.At(at).In(language) }

// TestADeliverysPageIsInTheAppsLanguage while its target is down, and once it is dead.
func TestADeliverysPageIsInTheAppsLanguage(t *testing.T) {
	for language, want := range map[words.Language][][]string{
		"": {
			{"| state | waiting |", "| because | messages of this name play no part in an order; on its way to the forward target |", "| tried | ", " times; at last: the forward target answered 503 Service Unavailable |", "| tried again | ", "; a replay tries at once |"},
			{"| state | dead |", "| replayable | until ", ", or discarded |"},
		},
		words.Chinese: {
			{"| 状态 | waiting |", "| 原因 | 该名称的消息与订单无关；正在转发到 forward 目标 |", "| 已尝试 | ", " 次；最后一次：forward 目标应答 503 Service Unavailable |", "| 重试 | 北京时间 ", "；重放可立即再试 |"},
			{"| 状态 | dead |", "| 原因 | 该名称的消息与订单无关；forward 目标长时间未接收，请检查后重放该消息；最后一次：forward 目标应答 503 Service Unavailable |", "| 可重放至 | 北京时间 ", "，在此之前也可丢弃 |"},
		},
	} {
		p := newParcel(t)
		p.input.Language, p.backend.status = language, http.StatusServiceUnavailable
		var failing, dead string
		p.env.RegisterDelayedCallback(func() { failing = shown(t, p.env) }, 10*time.Hour)
		p.env.RegisterDelayedCallback(func() { dead = shown(t, p.env) }, 80*time.Hour)
		p.runs()
		name := []string{p.input.Notification.Name, "Service Unavailable", "forward"}
		wantPage(t, language, failing, append(name, "waiting"), want[0]...)
		wantPage(t, language, dead, append(name, "dead"), want[1]...)
	}
}

// TestABulksPageIsInTheAppsLanguage: what it does, how far it is, and who refused.
func TestABulksPageIsInTheAppsLanguage(t *testing.T) {
	for language, want := range map[words.Language][]string{
		"":            {"## replay messages of app 1\n", "| state | done |", "| found | 4 messages |", "| taken | 3 messages |", "| refused | 1 messages |", "- **0-2** nothing waits for an approval\n"},
		words.Chinese: {"## 对应用 1 的消息执行 replay\n", "| 状态 | done |", "| 找到 | 4 条消息 |", "| 已执行 | 3 条消息 |", "| 被拒绝 | 1 条消息 |", "- **0-2** 没有等待批准的步骤\n"},
	} {
		p := newPages(t, 4)
		p.reason = words.New("refuse.no_approval")
		input := bulkOf(5)
		input.Language = language
		p.env.ExecuteWorkflow(order.BulkWorkflowType, input)
		wantPage(t, language, shown(t, p.env), []string{"replay", "done"}, want...)
	}
}

// TestAWebhooksPageIsInTheAppsLanguage, and the language is carried.
func TestAWebhooksPageIsInTheAppsLanguage(t *testing.T) {
	at := time.Date(2026, 11, 20, 16, 5, 0, 0, time.UTC)
	for language, want := range map[words.Language][]string{
		"": {"## The webhook of app " + appID, "| told through | 2026-11-20T16:05:00Z |", "| accepted | 7 posts with 9 events |", "| last accepted | ", "| refused | 2 posts, at last at 2026-11-20T16:05:00Z: the webhook did not answer in time |",
			"| tried again | 1 orders |", "| dead | 4 orders |", "| disabled | since 2026-11-20T16:05:00Z: the webhook answered 410 Gone |", "| trouble | ", "`miniflow webhooks list` shows"},
		words.Chinese: {"## 应用 " + appID + " 的 webhook", "| 已通知至 | 北京时间 2026-11-21 00:05:00 |", "| 已接收 | 7 次推送，共 9 个事件 |", "| 最近接收 | ", "| 被拒绝 | 2 次推送，最近一次：北京时间 2026-11-21 00:05:00，webhook 地址没有及时应答 |",
			"| 重试 | 1 个订单 |", "| 死信 | 4 个订单 |", "| 已停用 | 始于 北京时间 2026-11-21 00:05:00：webhook 地址应答 410 Gone |", "| 故障 | ", "请用 `miniflow webhooks list` 查看"},
	} {
		h := newHooked(t)
		h.failed = temporal.NewNonRetryableApplicationError("no such thing", "", nil)
		state := tell.State{
			Through: at, Posts: 7, Events: 9, LastTaken: at, Refused: 2, LastRefused: at, LastReason: "the webhook did not answer in time",
			Waiting: []tell.Waiting{{OutOrderNo: "A"}}, Dead: []tell.Dead{{OutOrderNo: "B"}}, Forgotten: 3,
			Disabled: &tell.Disabled{At: at, Reason: "the webhook answered 410 Gone"},
		}
		page := ""
		h.env.RegisterDelayedCallback(func() { page = shown(t, h.env); h.env.CancelWorkflow() }, 30*time.Second)
		h.env.ExecuteWorkflow(order.WebhookWorkflowType, webhook.Input{AppID: appID, State: state, Language: language})
		_, trouble, _ := strings.Cut(html.UnescapeString(page), "| 故障 | ")
		trouble, _, _ = strings.Cut(trouble, " |\n")
		wantPage(t, language, page, []string{trouble, "Gone", "miniflow webhooks list", "webhook"}, want...)
	}
}

// TestASweepsPageIsInTheAppsLanguage with all that can stand on it at once.
func TestASweepsPageIsInTheAppsLanguage(t *testing.T) {
	for language, want := range map[words.Language][]string{
		"": {"## Orders of app " + appID + " that wait", "| asking about all | messages are no measure yet (audit: learning): at most 9 questions, 4.88 a second, from ", "| last pass | ", "; broken off because Alipay stopped answering, the next pass goes on |",
			"| message | health | facts it had to announce | it came first | was missing at (UTC) |", " | unhealthy | 3 | 2 | 2026-11-20 16:05:00 |", "| wait | half end within | nine of ten within | learned from |", "| audit | 5h0m0s | 9h0m0s | 10 |", "| merchant | too few to say | "},
		words.Chinese: {"## 应用 " + appID + " 等待中的订单", "| 查询全部 | 尚不能依靠消息（audit: learning）：最多查询 9 次，每秒 4.88 次，自 北京时间 ", "| 上次巡查 | ", "；因支付宝停止应答而中止，由下次补上 |",
			"| 消息 | 健康状况 | 应通知的事实 | 消息先到 | 最近缺失（北京时间） |", " | unhealthy | 3 | 2 | 2026-11-21 00:05:00 |", "| 等待的内容 | 半数用时不超过 | 九成用时不超过 | 样本数 |", "| audit | 5h0m0s | 9h0m0s | 10 |", "| merchant | 样本太少 | "},
	} {
		w := newSweepWorld(t)
		w.language = language
		before, under := "", ""
		w.plan = func(call activities.SweepCall) (activities.Planned, error) {
			before = shown(t, w.env)
			return activities.Planned{State: call.State, Plan: look.Plan{At: call.At, Parts: 1, Due: 7}}, nil
		}
		w.part = func(activities.PartCall) (look.Report, error) {
			under = shown(t, w.env)
			w.env.CancelWorkflow()
			return look.Report{}, nil
		}
		began := w.env.Now()
		_ = w.run(knowing(began))
		allowed := []string{"unhealthy", "audit: learning", "worker", "5h0m0s", "9h0m0s", "1m0s"}
		for _, topic := range look.Topics() {
			allowed = append(allowed, topic.Messages()...)
		}
		for _, wait := range order.Waits() {
			allowed = append(allowed, string(wait))
		}
		next := map[words.Language]string{"": "| next pass | ", words.Chinese: "| 下次巡查 | "}[language]
		wantPage(t, language, before, allowed, append(want, next+clockIn(language, began)+" |")...)
		now := map[words.Language]string{"": "| this pass | since %s, for about 7 orders", words.Chinese: "| 本次巡查 | 始于 %s，约 7 个订单到期"}[language]
		wantPage(t, language, under, allowed, append(want, fmt.Sprintf(now, clockIn(language, began)))...)
	}
}

// knowing is the state of a Sweep that has something to say in each place of its page.
func knowing(at time.Time) look.State {
	hours := make(look.Lengths, 10)
	for i := range hours {
		hours[i] = order.Duration(time.Duration(i+1) * time.Hour)
	}
	state := look.State{
		Waiting: 12345, Counted: at, Next: at, Messages: map[string]look.Record{}, Lengths: map[order.Wait]look.Lengths{},
		Round: &look.Round{Why: words.New("round.sick", "audit: learning"), Topics: []look.Topic{look.TopicAudit}, Looks: 9, PerSecond: 4.876, Began: at, Until: at.Add(time.Hour), Parts: make([]look.Part, 1)},
		Last:  &look.Pass{At: at, Took: order.Duration(time.Minute), Total: look.Report{Listed: 12345, Asked: 12345, BrokenOff: true}},
	}
	for _, wait := range order.Waits() {
		state.Lengths[wait] = hours
	}
	state.Lengths[order.WaitMerchant] = hours[:2]
	for _, topic := range look.Topics() {
		for _, message := range topic.Messages() {
			state.Messages[message] = look.Record{Facts: "101", Lost: time.Date(2026, 11, 20, 16, 5, 0, 0, time.UTC)}
		}
	}
	return state
}

// TestAMessageThatBeginsAnOrderBringsItsLanguage to where the order begins.
func TestAMessageThatBeginsAnOrderBringsItsLanguage(t *testing.T) {
	p := newPost(t)
	p.input.Language = words.Chinese
	var call activities.LocateCall
	p.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		if info.ActivityType.Name == activities.LocateOrder.Name && args.Get(&call) != nil {
			t.Error("it can't be read")
		}
	})
	p.runs()
	if call.Language != words.Chinese {
		t.Errorf("it looks for %+v", call)
	}
}

// TestADeliveryIsBroughtItsLanguage by the order and by the mini program that it comes from.
func TestADeliveryIsBroughtItsLanguage(t *testing.T) {
	again := func(n order.Notification) order.Notification {
		n.NotifyID, n.Digest = "x", n.Digest+"other"
		return n
	}
	e := newEntity(t)
	e.input.Language = words.Chinese
	one := audited(order.VerdictPassed)
	one.NotifyID = "x"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, one)
	e.hears(2*time.Minute, again(one))
	e.runs(2 * time.Hour)
	if len(e.deliveries) != 1 || e.deliveries[0].Language != words.Chinese {
		t.Errorf("the mini program starts %+v", e.deliveries)
	}

	w := newWorld(t)
	w.input.Language = words.Chinese
	message := confirmed("AGREED")
	message.NotifyID = "x"
	w.at(5*time.Minute, func(p *platform) { p.merchant = alipay.MerchantRejected })
	w.send(2*time.Minute, message)
	w.send(2*time.Minute, again(message))
	w.run()
	if len(w.deliveries) != 1 || w.deliveries[0].Language != words.Chinese {
		t.Errorf("the order starts %+v", w.deliveries)
	}
}
