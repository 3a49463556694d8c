package consoletest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// TestEveryPage follows every link of the console from page to page, in every way to look, and finds
// no serious fault of accessibility, no script that fails, no violation of the policy and no request
// that leaves the machine.
func TestEveryPage(t *testing.T) {
	everyState(t)
	for _, v := range visitors {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, v)
			b.visit("/console")
			b.accessible() // the page for logging in
			b.logIn("/console")
			seen := b.walk("/console", func(string) { b.accessible() })
			for _, shape := range []string{
				"/console", "/console/attention", "/console/orders", "/console/orders/APP/ID", "/console/orders/APP/ID?view", "/console/orders/APP/ID/do/resubmit",
				"/console/orders/APP/ID/do/provide-input", "/console/orders/APP/ID/do/cancel", "/console/deliveries", "/console/deliveries/APP/ID",
				"/console/deliveries/bulk", "/console/audit", "/console/mini-programs", "/console/mini-programs/APP/ID", "/console/rollouts",
			} {
				if !slices.Contains(seen, shape) {
					t.Errorf("no link has led to %s; only to\n%s", shape, strings.Join(seen, "\n"))
				}
			}
		})
	}
}

// everyState makes orders and messages so that every kind of page is linked to from somewhere.
func everyState(t *testing.T) {
	t.Helper()
	running.refuseLogo(t, "state-logo", "logo为空")
	running.start(t, "state-logo", "巷口小面", alipaysim.Rule{})
	running.start(t, "state-waits", "转角咖啡", alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}})
	running.start(t, "state-rejected", "桥头烧饼", rejecting("小程序简介与实际服务不符，请补充门店的营业内容"))
	running.push(t, "state-dead", "alipay.open.mini.merchant.confirmed", `{"order_no"`)
	running.await(t, "state-logo", needsInput)
	running.await(t, "state-rejected", at(order.StageAuditRejected))
	running.await(t, "demo-online", at(order.StageOnline))
}

// rejecting is a reviewer who rejects once, soon, with these words.
func rejecting(memo string, images ...string) alipaysim.Rule {
	return alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: alipaysim.Duration(time.Second)},
		Audits: []alipaysim.AuditRule{
			{Result: "reject", After: alipaysim.Duration(time.Minute), Reasons: []alipaysim.Reason{{Memo: memo, Images: images}}},
			{Result: "pass", After: alipaysim.Duration(time.Minute)},
		},
	}
}

// mostOfAShape bounds how many pages that differ by their numbers alone are visited: orders differ most.
func mostOfAShape(shape string) int {
	if strings.HasPrefix(shape, "/console/orders/APP/ID") {
		return 3
	}
	return 1
}

// walk visits every page that links lead to, and returns their shapes.
func (b *tab) walk(from string, look func(path string)) (shapes []string) {
	b.t.Helper()
	queue, queued, times := []string{from}, map[string]bool{from: true}, map[string]int{}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		shape := shapeOf(next)
		if times[shape]++; times[shape] > mostOfAShape(shape) {
			continue
		}
		b.visit(next)
		b.hintsAtNobody()
		look(next)
		for _, link := range evaluate[[]string](b, `[...document.querySelectorAll("a[href]")].map((a) => a.href.baseVal ?? a.getAttribute("href"))`) {
			if strings.HasPrefix(link, "/console") && !queued[link] {
				queued[link] = true
				queue = append(queue, link)
			}
		}
	}
	for shape := range times {
		shapes = append(shapes, shape)
	}
	slices.Sort(shapes)
	return shapes
}

// hintsAtNobody fails where the page has the browser look for another host (preconnect, dns-prefetch):
// that is no request, and under no policy, and leaves the machine all the same.
func (b *tab) hintsAtNobody() {
	b.t.Helper()
	for _, address := range evaluate[[]string](b, `[...document.querySelectorAll("link[href]")].map((link) => link.href)`) {
		if !own(address) {
			b.t.Errorf("%s: %s hints at %s", b.v, b.path(), address)
		}
	}
}

var idInPath = regexp.MustCompile(`/` + appID + `/[^/?]+`)

// shapeOf is an address without what differs from one order to the next.
func shapeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	shape := idInPath.ReplaceAllString(u.EscapedPath(), "/APP/ID")
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	if slices.Sort(names); len(names) > 0 {
		shape += "?" + strings.Join(names, "&")
	}
	return shape
}
