package consoletest

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

var update = flag.Bool("update", false, "take the pictures in docs again")

// mostBytes bounds a picture of the documentation.
const mostBytes = 200 << 10

// pictures are what the documentation shows: a page as a visitor sees it.
var pictures = []struct {
	file, path string
	visitor    visitor
}{
	{"console-overview.png", "/console", visitor{"en", false, false}},
	{"console-overview.zh-CN.png", "/console", visitor{"zh-CN", false, false}},
	{"console-attention.png", "/console/attention", visitor{"en", false, false}},
	{"console-attention.zh-CN.png", "/console/attention", visitor{"zh-CN", false, false}},
	{"console-order.png", "/console/orders/" + appID + "/shop-0817", visitor{"en", false, false}},
	{"console-order.zh-CN.png", "/console/orders/" + appID + "/shop-0817", visitor{"zh-CN", false, false}},
	{"console-phone.png", "/console/orders/" + appID + "/shop-0818", visitor{"zh-CN", true, false}},
}

// TestPictures checks the documentation's pictures, and takes them again with -update: then it has to
// run alone, so that no other test's orders are in them.
func TestPictures(t *testing.T) {
	if *update {
		shops(t)
		for _, p := range pictures {
			take(t, p.file, p.path, p.visitor)
		}
	}
	for _, p := range pictures {
		content, err := os.ReadFile(inDocs(p.file))
		must(t, err)
		config, err := png.DecodeConfig(bytes.NewReader(content))
		must(t, err)
		if len(content) > mostBytes || config.Width > 1280 {
			t.Errorf("%s has %d bytes and is %d wide", p.file, len(content), config.Width)
		}
	}
}

func inDocs(file string) string { return filepath.Join("..", "..", "..", "docs", file) }

// take takes a picture of what is seen without scrolling.
func take(t *testing.T, file, path string, v visitor) {
	t.Helper()
	b := open(t, v)
	b.logIn(path)
	b.call(chromedp.WaitReady("footer"))
	raw, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(t, err)
	drawn, err := png.Decode(bytes.NewReader(raw))
	must(t, err)
	var small bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, drawn))
	must(t, os.WriteFile(inDocs(file), small.Bytes(), 0o644))
}

// shops are a morning's orders: at several stages, one held, one rejected, and a dead message.
func shops(t *testing.T) {
	t.Helper()
	for outOrderNo, end := range demonstrations {
		running.await(t, outOrderNo, at(end))
	}
	none := alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}}
	auditing := alipaysim.Rule{Audits: []alipaysim.AuditRule{{Result: "none"}}}
	running.refuseLogo(t, "shop-0818", "logo为空")
	for outOrderNo, shop := range map[string]struct {
		name string
		rule alipaysim.Rule
	}{
		"shop-0815": {"转角咖啡", none}, "shop-0816": {"河边豆花", none}, "shop-0819": {"北门馄饨", auditing},
		"shop-0820": {"老街烧饼", auditing}, "shop-0821": {"渡口鱼丸", auditing}, "shop-0818": {"巷口小面", alipaysim.Rule{}},
		"shop-0817": {"桥头烧饼", rejecting("小程序简介与实际服务不符，请补充门店的营业内容", running.logo.URL)},
	} {
		running.start(t, outOrderNo, shop.name, shop.rule)
	}
	running.push(t, "2026120100222093141000000000001", "alipay.open.mini.merchant.confirmed", `{"order_no"`)
	running.await(t, "shop-0818", needsInput)
	running.await(t, "shop-0817", at(order.StageAuditRejected))
	for _, outOrderNo := range []string{"shop-0819", "shop-0820", "shop-0821"} {
		running.await(t, outOrderNo, at(order.StageAuditing))
	}
}
