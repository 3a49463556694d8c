package workflows

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
)

// crowdedOrder is an order about which more is to be said than fits: five long reasons at each of
// three attempts, a hold and a reason of full length, a long timeline.
func crowdedOrder(language words.Language) *orderRun {
	at := time.Date(2026, 11, 20, 16, 5, 0, 0, time.UTC)
	long := strings.Repeat("小程序简介与实际服务不符，请补充门店的营业内容（<b>|）", 40)
	o := &orderRun{input: order.Input{Language: language, Request: order.Request{AppID: "2021", OutOrderNo: "shop_7", Kind: order.KindTrial}, CreatedAt: at}}
	o.Stage, o.StageSince, o.Certification, o.Authorization = order.StageAuditRejected, at, order.CertificationNone, order.AuthorizationAuthorized
	o.OrderNo, o.MiniAppID, o.Version.AppVersion = strings.Repeat("9", 64), strings.Repeat("8", 64), "0.0.1"
	o.Hold = &order.Hold{Kind: order.HoldNeedsInput, Code: "CODE", Since: at, Message: words.Plain(order.CutText(long, 1<<10)), Fields: []string{"submission.memo"}}
	o.Queue, o.Reason = &order.QueuePlace{Behind: "OUT0", Place: 2}, words.Plain(order.CutText(long, 600))
	for attempt := range 3 {
		audit := order.Audit{Attempt: attempt + 1, EndedAt: &at, Verdict: order.VerdictRejected, Unconfirmed: true}
		for range 5 {
			audit.Reasons = append(audit.Reasons, order.Reason{Part: "base", Memo: long})
		}
		o.Audits = append(o.Audits, audit)
	}
	for i := range 120 {
		o.Timeline = append(o.Timeline, order.TimelineItem{
			Sequence: i + 1, At: at, Event: order.HappenedNotification, NotifyID: strings.Repeat("7", 64), Disposition: order.DispositionDuplicate,
			Note: words.New("note.message", "alipay.open.mini.version.audit.rejected", words.Plain(order.CutText(long, 300))),
		})
	}
	return o
}

// TestAPageStaysShortEnoughForItsAddress: the UI sends it in one, and a server in between refuses a
// long one. What does not fit is left out line by line, the newest last.
func TestAPageStaysShortEnoughForItsAddress(t *testing.T) {
	for _, language := range words.Languages() {
		o := crowdedOrder(language)
		page := o.page()
		if size := len(url.QueryEscape(page)); size >= 6<<10 || size < 4<<10 {
			t.Errorf("%s: it has %d bytes in an address", language, size)
		}
		for line := range strings.Lines(page) {
			if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "|") && !strings.HasSuffix(line, " |") && !strings.HasSuffix(line, "-|") {
				t.Errorf("%s: a row is broken off: %q", language, line)
			}
		}
		rest := words.New("page.rest_of_order", "2021", "shop&#95;7").In(language)
		if !strings.HasSuffix(page, "\n"+rest+"\n") {
			t.Errorf("%s: it does not say where the rest is:\n%s", language, page)
		}
		for _, part := range []words.Text{words.New("page.audit", 3, "rejected"), words.New("page.last", 12)} {
			if head := harmless.Markdown(part.In(language)); !strings.Contains(page, "### "+head) {
				t.Errorf("%s: it has no part %q:\n%s", language, head, page)
			}
		}
		if !strings.Contains(page, "| 120 | ") || strings.Contains(page, "<b>") {
			t.Errorf("%s: the last event is not on it, or HTML is:\n%s", language, page)
		}
	}
}

// TestAPageSpeaksTheConfiguredLanguage: labels and sentences, and in Chinese the time of Beijing.
func TestAPageSpeaksTheConfiguredLanguage(t *testing.T) {
	o := crowdedOrder(words.Chinese)
	o.Audits, o.Reason, o.Hold, o.Queue, o.Timeline = o.Audits[:1], words.Text{}, nil, nil, []order.TimelineItem{{Sequence: 1, At: o.StageSince, Event: "order.stage_changed", Note: words.New("note.in_audit")}}
	o.Audits[0].Reasons[0].Memo, o.Audits[0].Reasons = "类目不符", o.Audits[0].Reasons[:1]
	page := o.page()
	for _, says := range []string{"| 始于 | 北京时间 2026-11-21 00&#58;05&#58;00 |", "| 等待 | 重新提交（resubmit）：更正提审内容，或换新版本 |", "| 授权 | authorized |",
		"### 第 1 次审核：rejected（依据消息，待核实）", "- **base** 类目不符", "| # | 北京时间 | 事件 | 处置 | 消息 |", "| 1 | 11-21 00:05:00 | order.stage&#95;changed 审核中 |"} {
		if !strings.Contains(page, says) {
			t.Errorf("it does not say %q:\n%s", says, page)
		}
	}
	if strings.Contains(page, "GET ") {
		t.Errorf("it says where the rest is, and shows all:\n%s", page)
	}
	o.input.Language = ""
	for _, says := range []string{"| since | 2026-11-20T16&#58;05&#58;00Z |", "| # | at &#40;UTC&#41; |", "| 1 | 11-20 16:05:00 | order.stage&#95;changed in audit |"} {
		if english := o.page(); !strings.Contains(english, says) {
			t.Errorf("in English it does not say %q:\n%s", says, english)
		}
	}
}

// TestAPageSaysWhyItStandsThere: what was tried last, when it goes on by itself, what a person can do.
func TestAPageSaysWhyItStandsThere(t *testing.T) {
	o := crowdedOrder(words.English)
	o.Audits, o.Timeline, o.Hold, o.Queue, o.Stage = nil, nil, nil, nil, order.StageSubmitting
	o.LastTry = &order.Try{Method: "alipay.open.mini.version.audit.apply", At: o.StageSince, Answer: words.Plain("too many"), Code: "BUSY"}
	o.resting = resting{"SubmitAudit", o.StageSince.Add(time.Minute)}
	page := o.page()
	for _, says := range []string{"| last tried | alipay.open.mini.version.audit.apply at 2026-11-20T16&#58;05&#58;00Z, refused&#58; too many &#40;BUSY&#41; |",
		"| goes on by itself | at 2026-11-20T16&#58;06&#58;00Z |", "| a person can | ", "retry, "} {
		if !strings.Contains(page, says) {
			t.Errorf("it does not say %q:\n%s", says, page)
		}
	}
}
