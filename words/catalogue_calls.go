package words

// called say what came of a call to Alipay, in the list of an order's calls.
var called = map[string]pattern{
	"call.accepted":    {"accepted", "已受理"},
	"call.accepted_as": {"accepted: %s", "已受理：%s"},
	"call.answered":    {"answered", "已应答"},
	"call.answered_as": {"answered: %s", "应答：%s"},
	"call.unanswered":  {"not answered yet", "尚无应答"},
	"call.no_news":     {"answered, and there is no news yet", "已应答，暂无新结果"},
	"call.lost":        {"no answer arrived in time; what became of it is asked", "未及时收到应答；将查询其结果"},
	"call.trouble":     {"it failed within Miniflow; the log says why", "Miniflow 内部出错；原因见日志"},
	"call.given_up":    {"given up: the order went on without its answer", "已放弃：订单不再需要其应答"},
}
