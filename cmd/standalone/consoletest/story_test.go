package consoletest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// everybody is every way to look, two of them without JavaScript.
var everybody = append(visitors[:len(visitors):len(visitors)], visitor{"zh-CN", true, true}, visitor{"en", false, true})

// countOf is the number in the diagram's box of a stage.
const countOf = `[...document.querySelectorAll('a[href*="stage=%s"] .stages-count')].map((e) => e.textContent)[0]`

// TestTheDiagramMoves watches the overview, in every way to look at once: an order that begins is
// counted while they look, and none of them does anything. With JavaScript the page stays the same one.
func TestTheDiagramMoves(t *testing.T) {
	for outOrderNo, end := range demonstrations {
		running.await(t, outOrderNo, at(end)) // nothing else moves
	}
	type watcher struct {
		*tab
		before string
	}
	var all []watcher
	for _, v := range everybody {
		b := open(t, v)
		b.logIn("/console")
		b.reads(v.says("概览", "Overview"))
		evaluate[int](b, `window.same = 1`)
		all = append(all, watcher{b, evaluate[string](b, fmt.Sprintf(countOf, order.StageAwaitingMerchant))})
	}
	running.start(t, "moves", "转角咖啡", alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}})
	for _, w := range all {
		must(t, outside.Poll(w.ctx, often, func() error {
			now, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](fmt.Sprintf(countOf, order.StageAwaitingMerchant)))
			if err == nil && now == w.before {
				err = fmt.Errorf("%s: the diagram still says %s", w.v, now)
			}
			return err
		}))
		if same := evaluate[bool](w.tab, `window.same === 1`); same == w.v.silent {
			t.Errorf("%s: that it is the same page is %v", w.v, same)
		}
	}
}

var demonstrations = map[string]order.Stage{
	"demo-online": order.StageOnline, "demo-rejected-online": order.StageOnline, "demo-base-passed": order.StageOnline,
	"demo-revoked-online": order.StageOnline, "demo-trial": order.StageOnline,
	"demo-merchant-rejected": order.StageMerchantRejected, "demo-timed-out": order.StageConfirmTimedOut,
}

// TestALogoIsCorrected is a morning of customer service: somebody finds a shop by the beginning of its
// name, reads that Alipay wants a logo, hands in a wrong one and is told so, a right one, reads why the
// reviewer rejects it, submits again, and sees the shop online.
func TestALogoIsCorrected(t *testing.T) {
	wrong, right := picture(t, 200, 100), picture(t, 180, 180)
	for i, v := range everybody {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			outOrderNo, shop := fmt.Sprintf("story-%d", i), fmt.Sprintf("巷口小面%d号店", i)
			running.refuseLogo(t, outOrderNo, "logo为空")
			running.start(t, outOrderNo, shop, rejecting("图标与门店招牌不一致"))
			running.await(t, outOrderNo, needsInput)

			b := open(t, v)
			b.logIn("/console")
			b.fill(`input[type=search]`, strings.TrimSuffix(shop, "号店"))
			b.press(`input[type=search]`, kb.Enter)
			b.reads(shop, v.says("待补充资料", "needs input"), "logo为空")
			b.click(`.rows a`)
			b.reads(shop, v.says("logo为空（请更正所列字段后重新发送）", "logo为空 (correct the named fields and send again)"))

			b.click(`a[href$="/do/provide-input"]`)
			b.chooseWrong("submission.files.app_logo", wrong)
			b.choose("submission.files.app_logo", right)
			b.click(`main form .does button`)
			b.reads(shop, v.says("补充资料：", "Correct: "))

			running.await(t, outOrderNo, at(order.StageAuditRejected))
			b.reads(v.says("审核驳回", "Audit rejected"), "图标与门店招牌不一致")
			b.click(`a[href$="/do/resubmit"]`)
			b.fill(`[name="submission.app_desc"]`, "巷口小面为顾客提供在线点餐与排队取号服务。")
			b.choose("submission.files.app_logo", right)
			b.click(`main form .does button`)
			running.await(t, outOrderNo, at(order.StageOnline))
			b.reads(shop, v.says("小程序已上架", "The mini program is online"))
		})
	}
}

// press presses a key that leads to another page.
func (b *tab) press(selector, key string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.SendKeys(selector, key)); err != nil {
		b.t.Fatalf("%s: press a key in %s: %v", b.v, selector, err)
	}
}

// chooseWrong chooses a picture and reads what is wrong with it: at once with JavaScript, and when the
// form is sent without.
func (b *tab) chooseWrong(field, file string) {
	b.t.Helper()
	b.call(chromedp.SetUploadFiles(fmt.Sprintf(`input[type=file][name=%q]`, field), []string{file}))
	if b.v.silent {
		b.click(`main form .does button`)
	}
	b.reads(b.v.says("logo 应为正方形，最好 180×180", "make the logo square, best 180×180"))
}

// choose chooses a picture, and with JavaScript waits until it is with the server.
func (b *tab) choose(field, file string) {
	b.t.Helper()
	b.call(chromedp.SetUploadFiles(fmt.Sprintf(`input[type=file][name=%q]`, field), []string{file}))
	if !b.v.silent {
		b.reads("✓ png 180×180")
	}
}

// picture writes a picture of one colour.
func picture(t *testing.T, width, height int) (file string) {
	t.Helper()
	drawn := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range drawn.Pix {
		drawn.Pix[i] = 0xff
	}
	for x := range width {
		drawn.Set(x, x%height, color.RGBA{R: 0xe0, G: 0x60, B: 0x20, A: 0xff})
	}
	var content bytes.Buffer
	must(t, png.Encode(&content, drawn))
	file = filepath.Join(t.TempDir(), fmt.Sprintf("%d×%d.png", width, height))
	must(t, os.WriteFile(file, content.Bytes(), 0o600))
	return file
}
