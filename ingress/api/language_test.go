package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/words"
)

// badInput is one request that can't be carried out, and what its caller reads in each language: the
// detail, or what the field says.
type badInput struct {
	method, path, body string
	header             [2]string
	status             int
	field              string // empty where the detail says it
	english, chinese   string
}

const webhookPath = "/v1/webhooks/" + apiApp

var (
	orderA1, noHeader = orderPathOf("A-1"), [2]string{}

	badInputs = []badInput{
		{"GET", "/v1/orders?changed_since=yesterday", "", noHeader, 422, "query.changed_since",
			"write a moment as RFC 3339, such as 2026-11-20T08:00:00%2B08:00 (a + in a query is written %2B)",
			"请按 RFC 3339 书写时间，如 2026-11-20T08:00:00%2B08:00（查询中的 + 写作 %2B）"},
		{"GET", "/v1/orders?changed_since=2026-11-20T08:00:00Z&limit=3", "", noHeader, 422, "query.changed_since",
			"has neither cursor nor limit: go on with changed_until as the next changed_since",
			"不支持 cursor 和 limit：请以 changed_until 作为下一次的 changed_since"},
		{"GET", "/v1/orders?stage=asleep", "", noHeader, 422, "query.stage",
			`expected value to be one of "creating, awaiting_merchant, awaiting_authorization, building, scanning, submitting, auditing, audit_rejected, base_passed, releasing, online, merchant_rejected, confirm_timed_out, creation_failed, cancelled"`,
			"应为其中之一：“creating, awaiting_merchant, awaiting_authorization, building, scanning, submitting, auditing, audit_rejected, base_passed, releasing, online, merchant_rejected, confirm_timed_out, creation_failed, cancelled”"},
		{"GET", "/v1/orders?limit=1000", "", noHeader, 422, "query.limit",
			"expected number <= 200",
			"应为不大于 200 的数"},
		{"GET", "/v1/orders?limit=many", "", noHeader, 422, "query.limit",
			"invalid integer",
			"应为整数"},
		{"GET", "/v1/orders?shop=x", "", noHeader, 422, "query.shop",
			"unknown query parameter",
			"没有该查询参数"},
		{"GET", "/v1/orders?shop_name=%22", "", noHeader, 422, "query.shop_name",
			`expected string to match pattern ^[^'"?\\\x00-\x1f\x7f]{1,60}$`,
			`应符合模式 ^[^'"?\\\x00-\x1f\x7f]{1,60}$`},
		{"GET", "/v1/orders?cursor=forged", "", noHeader, 400, "",
			"this cursor is not one of this list with these filters; send next_cursor unchanged with the same filters, or begin again without one",
			"此 cursor 不属于带这些筛选条件的列表；请原样发送 next_cursor 并保持筛选条件不变，或不带 cursor 从头开始"},
		{"GET", "/v1/orders?merchant_ref=%ff", "", noHeader, 422, "query.merchant_ref",
			"write it in UTF-8, percent-encoded",
			"请以 UTF-8 并百分号编码书写"},
		{"GET", "/v1/orders?app_id=2021999999999999", "", noHeader, 404, "",
			"no app with this app_id is configured here; check the id, or add it under apps",
			"这里没有配置该 app_id 的应用；请核对，或在 apps 中添加"},
		{"GET", orderA1 + "/events?after=-1", "", noHeader, 422, "query.after",
			"expected number >= 0",
			"应为不小于 0 的数"},
		{"GET", orderA1 + "/events", "", [2]string{"Last-Event-ID", "evt"}, 422, "header.Last-Event-ID",
			"is the id of an event of this stream, a number",
			"应为该事件流中某个事件的 id，是数字"},
		{"GET", orderPathOf("nobody") + "/events", "", noHeader, 404, "",
			"there is no such order; check app_id and out_order_no, or the order is older than Temporal's retention",
			"没有这个订单；请核对 app_id 和 out_order_no，或者订单已超过 Temporal 的保留期"},
		{"GET", orderA1 + "?wait=long", "", noHeader, 422, "query.wait",
			"write a duration such as 30s",
			"请书写时长，如 30s"},
		{"POST", "/v1/orders", `{"app_id":"` + apiApp + `"}`, noHeader, 422, "kind",
			"give a value; it is required",
			"请填写；该字段必填"},
		{"POST", "/v1/orders", `{"kind":"formal","kind":"trial"}`, noHeader, 422, "kind",
			"give it once; it is there twice",
			"只应出现一次；现在出现了两次"},
		{"POST", "/v1/orders", `[`, noHeader, 400, "",
			"the body is not one JSON value in UTF-8; send a single JSON object",
			"the body is not one JSON value in UTF-8; send a single JSON object"},
		{"POST", "/v1/orders", `{"app_id":"` + apiApp + `","kind":"release"}`, noHeader, 422, "mini_app_id",
			"give the mini program; a release needs one that exists",
			"请填写小程序；release 需要已有的小程序"},
		{"POST", "/v1/orders", `{"app_id":"` + apiApp + `","kind":"release","colour":1}`, noHeader, 422, "colour",
			"remove it; there is no such field here, see /docs",
			"请删除；此处没有该字段，见 /docs"},
		{"POST", orderA1 + "/begin-again", `{"reason":7}`, noHeader, 422, "reason",
			"expected string",
			"应为文本"},
		{"POST", orderA1 + "/begin-again", `{}`, [2]string{"X-Actor", "\u0007"}, 422, "header.X-Actor",
			"use at most 64 bytes of UTF-8 without control characters",
			"最多 64 字节，UTF-8，不含控制字符"},
		{"POST", webhookPath + "/test", "", noHeader, 404, "",
			"app 2021000000000001 has no webhook: set webhook.url and webhook.secrets for it in the configuration",
			"应用 2021000000000001 没有 webhook：请在配置中设置其 webhook.url 和 webhook.secrets"},
		{"POST", webhookPath + "/enable", "", noHeader, 404, "",
			"app 2021000000000001 has no webhook: set webhook.url and webhook.secrets for it in the configuration",
			"应用 2021000000000001 没有 webhook：请在配置中设置其 webhook.url 和 webhook.secrets"},
		{"POST", webhookPath + "/resend", `{}`, noHeader, 422, "body",
			"say what is to be told again: out_order_no, since, or dead",
			"请说明要重发什么：out_order_no、since 或 dead"},
		{"POST", webhookPath + "/resend", `{"dead":true,"out_order_no":"A-1"}`, noHeader, 422, "body",
			"dead means all that is dead: leave out_order_no and since away",
			"dead 表示全部死信：请不要同时填写 out_order_no 和 since"},
		{"POST", webhookPath + "/resend", `{"since":"soon"}`, noHeader, 422, "body.since",
			"write a moment as RFC 3339, such as 2026-11-20T08:00:00%2B08:00 (a + in a query is written %2B)",
			"请按 RFC 3339 书写时间，如 2026-11-20T08:00:00%2B08:00（查询中的 + 写作 %2B）"},
		{"POST", webhookPath + "/resend", `{"out_order_no":"?"}`, noHeader, 422, "out_order_no",
			"expected string to match pattern ^[0-9A-Za-z_-]{1,32}$",
			"应符合模式 ^[0-9A-Za-z_-]{1,32}$"},
		{"GET", "/v1/webhooks?app_id=2021999999999999", "", noHeader, 404, "",
			"no app with this app_id is configured here; check the id, or add it under apps",
			"这里没有配置该 app_id 的应用；请核对，或在 apps 中添加"},
		{"GET", "/v1/deliveries?state=journaled", "", noHeader, 409, "",
			"this process has no journal; ask one with the role door and a door.journal, or see miniflow_journal_messages in its metrics",
			"此进程没有 journal；请询问带 door 角色并配置了 door.journal 的进程，或查看其指标 miniflow_journal_messages"},
		{"POST", "/v1/mini-programs/" + apiApp + "/2021999/close", `{"why":1}`, noHeader, 422, "why",
			"remove it; there is no such field here, see /docs",
			"请删除；此处没有该字段，见 /docs"},
		{"POST", "/v1/deliveries/replay", `{"state":"applied"}`, noHeader, 422, "filter",
			"give a value; it is required", "请填写；该字段必填"},
		{"POST", "/v1/deliveries/discard", `{"filter":{"app_id":"` + apiApp + `"},"rate":1000}`, noHeader, 422, "rate",
			"expected number <= 100", "应为不大于 100 的数"},
		{"GET", "/v1/deliveries/bulk/" + apiApp + "/0123456789abcdef0123456789abcdef", "", noHeader, 404, "",
			"there is no such replay or discard of many messages; check app_id and bulk_id, or it is older than Temporal's retention",
			"没有这个批量操作；请核对 app_id 和 bulk_id，或者它已超过 Temporal 的保留期"},
		{"GET", "/v1/mini-programs?limit=0", "", noHeader, 422, "query.limit",
			"expected number >= 1", "应为不小于 1 的数"},
		{"DELETE", orderA1, "", noHeader, 405, "",
			"this path takes GET; /docs lists every call",
			"该路径支持 GET；/docs 列出了全部接口"},
		{"GET", "/v1/nothing", "", noHeader, 404, "",
			"there is nothing at this path; /docs lists every call",
			"此路径下什么都没有；/docs 列出了全部接口"},
	}
)

// TestBadInputIsAnsweredInTheCallersLanguage at each call, and nothing is done.
func TestBadInputIsAnsweredInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	for _, bad := range badInputs {
		for language, want := range map[string]string{"en": bad.english, "zh-CN": bad.chinese} {
			env := openAPI(t)
			r := env.request(keyAll, bad.method, bad.path, bad.body)
			r.Header.Set("Accept-Language", language+",fr;q=0.3")
			if bad.header[0] != "" {
				r.Header.Set(bad.header[0], bad.header[1])
			}
			answer := env.send(r).want(bad.status)
			if got := answer.header.Get("Content-Language"); got != language || answer.header.Get("Vary") != "Accept-Language" {
				t.Errorf("%s %s is labelled %q, and varies by %q", bad.method, bad.path, got, answer.header.Get("Vary"))
			}
			said := ""
			p := read[problem.Problem](answer)
			if bad.field == "" {
				said = p.Detail.String()
			}
			for _, field := range p.Errors {
				if field.Field == bad.field {
					said = field.Message.String()
				}
			}
			if said != want {
				t.Errorf("%s %s %s\nsays in %s %q,\nnot %q: %s", bad.method, bad.path, bad.body, language, said, want, answer.text)
			}
		}
	}
}

// TestAnOrderIsShownInTheCallersLanguage, whatever its workflow speaks: state has codes, and what was
// kept as a sentence is shown as it is.
func TestAnOrderIsShownInTheCallersLanguage(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageSubmitting, func(view *order.View) {
		view.WaitingFor = words.New("wait.next_try", words.New("wait.pipeline", "BUSY"), time.Date(2026, 11, 20, 8, 5, 0, 0, time.UTC))
		view.Hold = &order.Hold{Kind: order.HoldPipelineBusy, Code: "BUSY", Message: words.New("failure.said", "已有版本在审核", words.Sentence("call less often"))}
		view.Reason = words.Plain("kept as a sentence")
	})
	for header, want := range map[string][3]string{
		"zh-CN,zh;q=0.9": {"支付宝侧的阻碍消除（BUSY）；会自动重试；下次尝试：北京时间 2026-11-20 16:05:00", "已有版本在审核（请降低调用频率）", "zh-CN"},
		"":               {"what stands in the way at Alipay to pass (BUSY); tried again by itself; next try at 2026-11-20T08:05:00Z", "已有版本在审核 (call less often)", "en"},
	} {
		r := env.request(keyAll, "GET", orderPathOf("A-1"), "")
		r.Header.Set("Accept-Language", header)
		answer := env.send(r).want(http.StatusOK)
		got := read[order.View](answer)
		said := [3]string{got.WaitingFor.Own, got.Hold.Message.Own, answer.header.Get("Content-Language")}
		if said != want || got.Reason.Own != "kept as a sentence" || strings.Contains(answer.text, `"code":"wait`) {
			t.Errorf("%q is answered %q, %s", header, said, answer.text)
		}
	}
}

// TestTheDescriptionIsLabelledAsItIs: it is in English alone, a page of a problem in both, and caches are told.
func TestTheDescriptionIsLabelledAsItIs(t *testing.T) {
	env := openAPI(t)
	for path, want := range map[string]string{"/openapi.json": "en", "/openapi-3.0.json": "en", "/docs": "en", "/problems/order-unknown": "en, zh-CN"} {
		r := env.request(keyAll, "GET", path, "")
		r.Header.Set("Accept-Language", "zh-CN")
		if answer := env.send(r).want(http.StatusOK); answer.header.Get("Content-Language") != want || answer.header.Get("Vary") != "" {
			t.Errorf("%s is labelled %q, and varies by %q", path, answer.header.Get("Content-Language"), answer.header.Get("Vary"))
		}
	}
}
