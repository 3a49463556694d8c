// Package picture draws a report: bars of its figures beside their ceilings, and curves of its
// latencies, a file for each scenario and language, English and 简体中文.
package picture

import "strings"

// language is the language of a picture's words.
type language string

const (
	english language = ""
	chinese language = "zh-CN"
)

func languages() []language { return []language{english, chinese} }

// suffix ends the names of a language's files.
func (l language) suffix() string {
	if l == english {
		return ".svg"
	}
	return "." + string(l) + ".svg"
}

// word has a text in both languages, and may stand for several figures.
type word struct{ en, zh string }

func (w word) in(l language) string {
	if l == chinese {
		return w.zh
	}
	return w.en
}

var (
	bareWord     = word{"bare Temporal", "裸 Temporal"}
	baselineWord = word{"baseline", "基线版本"}
	freshWord    = word{"measured", "当前版本"}
	besideWord   = word{"with forgeries beside", "同时有伪造消息"}
	timesCeiling = word{"× bare", "× 裸"}
	timesBefore  = word{"× baseline", "× 基线"}
	medianOf     = word{"median of %d, %s, %d cores, load before: %s", "%d 轮中位数，%s，%d 核，开始前负载：%s"}
	latencyWord  = word{"latency", "延迟"}
)

// titles name the scenarios.
func titles() map[string]word {
	return map[string]word{
		"orders":        {"A happy order, from request to online", "一个顺利的订单：从请求到上线"},
		"starts":        {"Starting an order: POST /v1/orders", "创建订单：POST /v1/orders"},
		"notifications": {"Notifications at the door", "网关入口的通知"},
		"burst":         {"A burst of notifications", "通知突发"},
		"push":          {"From a message to the order's next stage", "从消息到订单进入下一阶段"},
		"looks":         {"Asking Alipay about a waiting order", "向支付宝查询等待中的订单"},
		"waiting":       {"Waiting orders", "等待中的订单"},
		"console":       {"Pages of the console", "控制台的页面"},
	}
}

// shown are the figures that a picture shows, in this order; the others are in the JSON.
func shown() []struct {
	figure string
	word
} {
	return []struct {
		figure string
		word
	}{
		{"orders.cpu", word{"CPU per order", "每个订单的 CPU"}},
		{"orders.requests", word{"requests to Temporal per order, failed tries apart", "每个订单对 Temporal 的请求数（不含失败的尝试）"}},
		{"orders.failed_tries", word{"failed tries of activities per order", "每个订单失败的活动尝试"}},
		{"orders.events", word{"events per order", "每个订单的事件数"}},
		{"starts.rate", word{"orders started a second, by all callers at once", "每秒创建的订单（全部调用者并发）"}},
		{"starts.steady.p50", word{"answer at the same rate, p50", "相同速率下的应答 p50"}},
		{"starts.steady.p99", word{"answer at the same rate, p99", "相同速率下的应答 p99"}},
		{"notifications.saturation", word{"accepted a second at saturation", "饱和时每秒接受"}},
		{"notifications.p99", word{"p99 at 70 % of saturation", "70 % 饱和时的 p99"}},
		{"notifications.beside_forgery.p99", word{"p99 with forgeries at full rate beside", "伪造消息全速并发时的 p99"}},
		{"notifications.duplicates", word{"duplicates answered a second", "每秒应答的重复消息"}},
		{"notifications.forged", word{"forgeries refused a second", "每秒拒绝的伪造消息"}},
		{"burst.accepted", word{"accepted a second", "每秒接受"}},
		{"burst.p99", word{"p99", "p99"}},
		{"burst.drain", word{"passed on to Temporal a second, from the backlog", "每秒从积压交给 Temporal"}},
		{"burst.applied_after", word{"all applied, after the last answer", "最后一次应答后全部生效所需时间"}},
		{"push.p50", word{"p50", "p50"}},
		{"push.p99", word{"p99", "p99"}},
		{"looks.cpu", word{"CPU of a look", "一次查询的 CPU"}},
		{"looks.calls_per_order", word{"calls to Alipay per order", "每单对支付宝的调用"}},
		{"waiting.*.cpu", word{"CPU of * waiting orders", "* 个等待中订单的 CPU"}},
		{"waiting.*.calls_per_order", word{"calls to Alipay per order, of * waiting", "* 个等待中订单：每单对支付宝的调用"}},
		{"waiting.*.resident", word{"memory with * waiting orders", "* 个等待中订单时的内存"}},
		{"waiting.*.disk", word{"disk with * waiting orders", "* 个等待中订单时的磁盘"}},
		{"waiting.*.create.p99", word{"creation p99 beside * waiting orders", "* 个等待中订单时创建的 p99"}},
		{"console.*.p95", word{"p95 of the page *", "页面 * 的 p95"}},
		{"waiting.*.push.p99", word{"message to next stage p99 beside * waiting orders", "* 个等待中订单时消息生效的 p99"}},
	}
}

// match reports whether a figure's name is one of a pattern's, and what stands for its *.
func match(pattern, name string) (star string, ok bool) {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return "", pattern == name
	}
	rest, begins := strings.CutPrefix(name, before)
	star, ends := strings.CutSuffix(rest, after)
	return star, begins && ends && !strings.Contains(star, ".")
}
