package demotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// screenshotVariable names the file that gets a picture of an order's page.
const screenshotVariable = "MINIFLOW_SCREENSHOT"

// rejected is a reviewer who rejects once, soon, with these words.
func rejected(memos ...string) alipaysim.Rule {
	audit := alipaysim.AuditRule{Result: "reject", After: alipaysim.Duration(time.Minute)}
	for _, memo := range memos {
		audit.Reasons = append(audit.Reasons, alipaysim.Reason{Memo: memo})
	}
	return alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: alipaysim.Duration(time.Second)},
		Audits:   []alipaysim.AuditRule{audit},
	}
}

// TestTheDemonstrationInABrowser checks that a person who follows an order's link reads where it
// stands, what it waits for, and why its audit failed, in Chinese.
func TestTheDemonstrationInABrowser(t *testing.T) {
	browser := openBrowser(t)
	view := running.await(t, "demo-rejected-online", at(order.StageOnline))
	browser.open(view.Links.TemporalUI)
	browser.awaitText("order/"+appID+"/demo-rejected-online", "online", "nothing; the order has ended",
		"Audit 1: rejected", "小程序简介与实际服务不符，请补充门店的营业内容", "Audit 2: passed")
}

// TestAnOrderThatWaitsForItsPerson checks that the page of an order that was rejected says
// what to do. Its picture is the one in the documentation.
func TestAnOrderThatWaitsForItsPerson(t *testing.T) {
	browser := openBrowser(t)
	const outOrderNo, reason = "shop-0817", "小程序简介与实际服务不符，请补充门店的营业内容；首页截图中的优惠活动未说明有效期"
	running.start(t, outOrderNo, rejected(reason))
	view := running.await(t, outOrderNo, at(order.StageAuditRejected))
	browser.open(view.Links.TemporalUI)
	browser.awaitText("order/"+appID+"/"+outOrderNo, "audit_rejected", "resubmit, with a corrected submission or a new version",
		view.MiniAppID, reason)
	browser.screenshot(os.Getenv(screenshotVariable))
}

// TestMarkupInAReasonIsText checks that a reviewer's words are Alipay's, not ours. The Web UI
// renders Markdown and raw HTML, and none of it may be theirs.
func TestMarkupInAReasonIsText(t *testing.T) {
	browser := openBrowser(t)
	const outOrderNo = "markup"
	memos := []string{
		`<script>document.title=1; window.taken=1</script>脚本`,
		`<img src=/nowhere class=taken onerror=window.taken=1>图片`,
		`[链接](javascript:window.taken=1) **taken** | taken | <b class=taken>粗体</b>`,
		"```taken``` # taken &lt;b class=taken&gt; ~~taken~~ \\<b class=taken>",
	}
	running.start(t, outOrderNo, rejected(memos...))
	view := running.await(t, outOrderNo, at(order.StageAuditRejected))
	browser.open(view.Links.TemporalUI)
	browser.awaitText(append(memos, "audit_rejected")...) // to the letter: nothing is interpreted, nothing is lost
	for what, script := range map[string]string{
		"a script was made":        `documents.some(d => d.querySelector("main script") || d.defaultView.taken || d.title === "1")`,
		"an element was made":      `documents.some(d => d.querySelector(".taken"))`,
		"a link was made":          `documents.some(d => [...d.links].some(a => a.protocol === "javascript:"))`,
		"Markdown was interpreted": `documents.some(d => [...d.querySelectorAll("strong,em,code,del,h1")].some(e => e.textContent.trim() === "taken"))`,
	} {
		if evaluate[bool](browser, script) {
			t.Errorf("%s by a reviewer's words", what)
		}
	}
}

// browser is one page of a headless Chromium. The page may load nothing but what
// the standalone serves.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// openBrowser starts Chromium. Without one there is nothing to test.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	program := findChromium()
	if program == "" {
		t.Skip("needs Chromium: install the package chromium (and fonts-noto-cjk, for pictures)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()),
		// What the page asks for elsewhere does not exist.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	allocator, cancelAllocator := chromedp.NewExecAllocator(within(t), options...)
	t.Cleanup(cancelAllocator)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until Chromium has ended, before its directory goes
		cancel()
	})
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 1250)))
	return &browser{t: t, ctx: ctx}
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (b *browser) open(link string) {
	b.t.Helper()
	if !strings.HasPrefix(link, running.addresses.UI+"/") {
		b.t.Fatalf("the link %q does not lead to the Web UI at %s", link, running.addresses.UI)
	}
	must(b.t, chromedp.Do(b.ctx, chromedp.Navigate(link)))
}

// documents names, for scripts, the page and its frames: the Web UI shows Markdown in frames of its own.
const documents = `const documents = [document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument).filter(Boolean)];`

// evaluate evaluates an expression in the page.
func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T]("(() => {"+documents+"return "+expression+"})()"))
	must(b.t, err)
	return result
}

// awaitText waits until the page shows every text.
func (b *browser) awaitText(wanted ...string) {
	b.t.Helper()
	must(b.t, outside.Poll(b.ctx, 5*often, func() error {
		text := evaluate[string](b, `documents.map(d => d.body?.innerText).join("\n")`)
		var missing []error
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				missing = append(missing, fmt.Errorf("the page does not show %q", want))
			}
		}
		if len(missing) == 0 {
			return nil
		}
		return fmt.Errorf("%w\n%s", errors.Join(missing...), text)
	}))
}

// screenshot writes a picture of the page, when a file is named.
func (b *browser) screenshot(path string) {
	b.t.Helper()
	if path == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(b.t, err)
	must(b.t, os.WriteFile(path, picture, 0o644))
}
