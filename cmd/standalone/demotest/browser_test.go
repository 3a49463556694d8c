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

// TestTheDemonstrationInABrowser : whoever follows an order's link reads where it
// stands, what it waits for, and why its audit failed, in Chinese.
func TestTheDemonstrationInABrowser(t *testing.T) {
	browser := openBrowser(t)
	view := running.await(t, "demo-rejected-online", func(view order.View) bool {
		return len(view.Audits) > 0 && view.Audits[0].Verdict == order.VerdictRejected
	})
	const reason = "小程序简介与实际服务不符，请补充门店的营业内容"
	browser.open(view.Links.TemporalUI)
	browser.awaitText(func() []string {
		now, err := running.api.Order(t.Context(), appID, view.OutOrderNo)
		must(t, err)
		return []string{string(now.Stage), now.WaitingFor, reason, "Audit 1: rejected"}
	})
}

// TestAnOrderThatWaitsForItsPerson : the page of an order that was rejected says
// what to do. Its picture is the one in the documentation.
func TestAnOrderThatWaitsForItsPerson(t *testing.T) {
	browser := openBrowser(t)
	const outOrderNo, reason = "shop-0817", "小程序简介与实际服务不符，请补充门店的营业内容；首页截图中的优惠活动未说明有效期"
	running.start(t, outOrderNo, rejected(reason))
	view := running.await(t, outOrderNo, at(order.StageAuditRejected))
	browser.open(view.Links.TemporalUI)
	browser.awaitText(func() []string {
		return []string{"audit_rejected", "resubmit, with a corrected submission or a new version", view.MiniAppID, reason, "order/" + appID + "/" + outOrderNo}
	})
	browser.screenshot(os.Getenv(screenshotVariable))
}

// TestMarkupInAReasonIsText : a reviewer's words are Alipay's, not ours. The Web UI
// renders Markdown and raw HTML, and none of it may be theirs.
func TestMarkupInAReasonIsText(t *testing.T) {
	browser := openBrowser(t)
	const outOrderNo = "markup"
	memos := []string{
		`<script>document.title = "taken"; window.taken = 1</script>脚本`,
		`<img src="/nowhere" class="taken" onerror="window.taken = 1">图片`,
		`[链接](javascript:window.taken=1) **taken** | taken | <b class="taken">粗体</b>`,
		"``` taken ``` # taken &lt;b class=taken&gt;",
	}
	running.start(t, outOrderNo, rejected(memos...))
	view := running.await(t, outOrderNo, at(order.StageAuditRejected))
	browser.open(view.Links.TemporalUI)
	browser.awaitText(func() []string { return append(memos, "audit_rejected") })
	for what, script := range map[string]string{
		"a script ran":             `window.taken === 1 || document.title === "taken"`,
		"an element was made":      `document.querySelector(".taken") !== null`,
		"a link was made":          `[...document.links].some(a => a.protocol === "javascript:")`,
		"Markdown was interpreted": `[...document.querySelectorAll("strong,em,code,h1")].some(e => e.textContent.trim() === "taken")`,
	} {
		if browser.holds(script) {
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
		chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 1000), chromedp.UserDataDir(t.TempDir()),
		// Whatever the page asks for elsewhere does not exist.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	allocator, cancelAllocator := chromedp.NewExecAllocator(within(t), options...)
	t.Cleanup(cancelAllocator)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until Chromium has ended, before its directory goes
		cancel()
	})
	must(t, chromedp.Do(ctx))
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

// awaitText waits until the page shows every text, looking anew from time to time
// at what it should show.
func (b *browser) awaitText(wanted func() []string) {
	b.t.Helper()
	must(b.t, outside.Poll(b.ctx, 5*often, func() error {
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if err != nil {
			return outside.Final(err)
		}
		var missing []error
		for _, want := range wanted() {
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

// holds evaluates a condition in the page.
func (b *browser) holds(script string) bool {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
	must(b.t, err)
	return result
}

// screenshot writes a picture of the page, when a file is named.
func (b *browser) screenshot(path string) {
	b.t.Helper()
	if path == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(b.t, err)
	must(b.t, os.WriteFile(path, picture, 0o644)) //nolint:gosec // a picture for everyone
}
