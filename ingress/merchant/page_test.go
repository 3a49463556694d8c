package merchant_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"miniflow/ingress/merchant"
	"miniflow/internal/merchantlink"
	"miniflow/order"
	"miniflow/words"
)

// TestAPageSaysWhatToDo, in Chinese unless the reader prefers English, and thanks after the answer.
func TestAPageSaysWhatToDo(t *testing.T) {
	p := open(t)
	p.view.Links.MerchantAuthorize = "https://alipay.example/confirm?a=1&b=2"
	for _, language := range []string{"", "zh-CN", "fr", "zh-TW,en;q=0.5"} {
		p.shows(language, `lang="zh-CN"`, "请在支付宝中确认小程序", "巷口小面", "打开支付宝办理", `href="https://alipay.example/confirm?a=1&amp;b=2"`, "<svg", "当前进度：等待您办理", `content="30"`)
	}
	p.shows("en-GB,zh;q=0.5", `lang="en"`, "Please confirm the mini program in Alipay", "Open Alipay")
	p.view.Stage = order.StageAuditing
	if page := p.shows("", "已完成，谢谢！", "支付宝审核中"); strings.Contains(page, "<svg") || strings.Contains(page, "refresh") {
		t.Error("what is done is asked for")
	}
}

// TestEveryTaskAndStageHasWords, in both languages; and where nothing was done nobody is thanked.
func TestEveryTaskAndStageHasWords(t *testing.T) {
	p := open(t)
	heads := map[string]bool{}
	for _, kind := range append(order.HoldKinds(), "") {
		for _, stage := range order.Stages() {
			p.view.Stage, p.view.Hold = stage, nil
			if kind != "" {
				p.view.Hold = &order.Hold{Kind: kind, Since: now, Fields: []string{"submission.files.app_logo"}}
			}
			for language, other := range map[string]string{"zh": "[A-Za-z]{12,}", "en": `\p{Han}`} {
				p.view.ShopName = ""
				page := p.shows(language, "<h1")
				body := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page[strings.Index(page, "<body"):], "")
				if strings.Contains(body, "%!") || regexp.MustCompile(other).MatchString(body) || len(strings.TrimSpace(body)) == 0 {
					t.Errorf("%s %s in %s: %s", stage, kind, language, body)
				}
				heads[regexp.MustCompile(`(?s)<h1.*?</h1>`).FindString(page)] = true
			}
			ended := stage.Ended() && stage != order.StageOnline
			if thanked := strings.Contains(p.shows(""), "谢谢"); thanked && (ended || stage == order.StageCreating) {
				t.Errorf("thanks at %s", stage)
			}
		}
	}
	if len(heads) != 2*(len(order.MerchantTasks())+2) { // and "done", and "your mini program"
		t.Errorf("%d different heads: %v", len(heads), heads)
	}
}

// TestWrongLinksAreAlike: forged, altered, expired, of an order that is gone: one status, one page, and
// no question for those that nobody has made.
func TestWrongLinksAreAlike(t *testing.T) {
	p := open(t)
	good := p.path()
	altered := []byte(good)
	altered[len(altered)-1] ^= 1
	bodies := map[string]bool{}
	headers := map[string]bool{}
	for name, path := range map[string]string{
		"forged": merchantlink.Path + strings.Repeat("A", merchantlink.Length), "altered": string(altered), "short": merchantlink.Path + "x", "none": merchantlink.Path,
		"deep": good + "/x", "expired": strings.TrimPrefix(p.links.Link("app", "no-1", now.Add(-48*time.Hour)), "https://isv.example.com"),
	} {
		answer := p.get(path, "")
		if answer.Code != http.StatusNotFound || p.asked != 0 {
			t.Errorf("%s: %d after %d questions", name, answer.Code, p.asked)
		}
		bodies[answer.Body.String()], headers[headerText(answer.Header())] = true, true
	}
	unknown := p.get(strings.TrimPrefix(p.links.Link("app", "gone", now.Add(merchantlink.Life)), "https://isv.example.com"), "")
	bodies[unknown.Body.String()], headers[headerText(unknown.Header())] = true, true
	if unknown.Code != http.StatusNotFound || len(bodies) != 1 || len(headers) != 1 {
		t.Errorf("%d bodies and %d headers: %v", len(bodies), len(headers), headers)
	}
	if p.get(good, "").Code != http.StatusOK {
		t.Error("the good one is not shown")
	}
}

func headerText(header http.Header) string {
	var text strings.Builder
	if err := header.Write(&text); err != nil {
		return err.Error()
	}
	return text.String()
}

// TestAPageKeepsToItself: no script, no frame, no cache, no referrer, no search engine, no style but
// the sheet's.
func TestAPageKeepsToItself(t *testing.T) {
	p := open(t)
	p.view.Links.MerchantAuthorize = "https://alipay.example/confirm"
	answer := p.get(p.path(), "")
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := answer.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if page := answer.Body.String(); regexp.MustCompile(`(?i)<script|\sstyle=|\son\w+=|src=`).MatchString(page) {
		t.Errorf("the page's policy refuses what is in it:\n%s", page)
	}
	if sheet := p.get(merchantlink.Path+"style.css", ""); sheet.Code != http.StatusOK || !strings.Contains(sheet.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet: %d", sheet.Code)
	}
}

// TestNothingOfOthersIsCode: what the ISV, Alipay and the configuration write stays text, and an
// address of another scheme is none.
func TestNothingOfOthersIsCode(t *testing.T) {
	const canary = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	p := open(t)
	p.holds("submission.files.app_logo")
	p.view.ShopName, p.view.Hold.Message = canary, words.Plain(canary)
	p.wrong = map[string]string{"submission.files.app_logo": canary}
	for _, page := range []string{p.shows(""), p.posts(map[string]string{"submission.files.app_logo": "x"}).Body.String()} {
		if strings.Contains(page, "<script") || strings.Contains(page, "<img") || !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("the page has code of others:\n%s", page)
		}
	}
	p.view.Stage, p.view.Hold = order.StageAwaitingMerchant, nil
	for address, shown := range map[string]bool{
		"javascript:alert(1)//x": false, "data:text/html,x": false, "https:///x": false, "//x.example": false, `https://x.example/"><script>`: true,
		"alipays://platformapi/startapp?appId=1": true,
	} {
		p.view.Links.MerchantAuthorize = address
		if page := p.shows(""); strings.Contains(page, "class=\"button\"") != shown || strings.Contains(page, "<script") {
			t.Errorf("%s is shown: %v\n%s", address, !shown, page)
		}
	}
}

// TestAPageShowsNothingElse of the order.
func TestAPageShowsNothingElse(t *testing.T) {
	p := open(t)
	p.view.MerchantRef, p.view.OrderNo, p.view.MiniAppID, p.view.OutOrderNo, p.view.AppID = "canary-ref", "canary-no", "canary-mini", "canary-out", "canary-app"
	p.view.Audits = []order.Audit{{Reasons: []order.Reason{{Memo: "canary-memo"}}}}
	p.view.Timeline, p.view.Links.TemporalUI = []order.TimelineItem{{Actor: "canary-actor"}}, "canary-ui"
	for _, stage := range order.Stages() {
		p.view.Stage = stage
		if page := p.shows(""); strings.Contains(page, "canary") {
			t.Errorf("at %s: %s", stage, page)
		}
	}
	if strings.Contains(p.log.String(), strings.TrimPrefix(p.path(), merchantlink.Path)) {
		t.Error("the log has the code")
	}
}

// TestATroubleIsNoEnd: Temporal is down, or merchants ask for more than this process asks.
func TestATroubleIsNoEnd(t *testing.T) {
	p := open(t, func(c *merchant.Config) { c.PagesPerSecond = 1 })
	p.failed = errors.New("canary: down")
	if answer := p.get(p.path(), ""); answer.Code != http.StatusServiceUnavailable || strings.Contains(answer.Body.String(), "canary") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	p.failed = nil
	p.get(p.path(), "")
	if answer := p.get(p.path(), ""); answer.Code != http.StatusTooManyRequests || answer.Header().Get("Retry-After") == "" {
		t.Errorf("the third at once: %d", answer.Code)
	}
}

// TestAnInvitationStandsBesideTheLink, and only where the merchant is to authorise; an address that is
// none is not shown.
func TestAnInvitationStandsBesideTheLink(t *testing.T) {
	p := open(t)
	p.view.Stage = order.StageAwaitingAuthorization
	p.view.Links.MerchantAuthorize, p.view.Links.MerchantInvite = "https://alipay.example/link", "https://alipay.example/invitation?a=1"
	p.shows("", `href="https://alipay.example/link"`, `href="https://alipay.example/invitation?a=1"`, "支付宝的授权邀请")
	p.shows("en", "Alipay&#39;s invitation to authorise")
	for address, stage := range map[string]order.Stage{
		"https://alipay.example/invitation": order.StageAwaitingMerchant, "javascript:alert(1)//invitation": order.StageAwaitingAuthorization,
	} {
		p.view.Links.MerchantInvite, p.view.Stage = address, stage
		if page := p.shows(""); strings.Contains(page, "invitation") {
			t.Errorf("%s at %s is shown", address, stage)
		}
	}
}
