package words

// figures say what the figures of a backtest mean.
var figures = map[string]string{
	"%d came eight times and were never accepted; of %d a later stage was seen without them, unless the log begins too late or the authorisation came by a link": "%d 条来过八次、从未接受；%d 条未见却已进入后续阶段，除非日志开始得太晚或授权经链接而来",
	"the old handler answered success":                               "旧程序应答了 success",
	"a known notify_id with other content":                           "已知的 notify_id，内容不同",
	"after a later message of the same order, by utc_timestamp":      "按 utc_timestamp，晚于同一订单更后的消息",
	"the same notify_id and content again":                           "notify_id 和内容相同，再次到达",
	"genuine, but a dead letter: its content can't be read":          "真实消息，但为死信：内容无法读取",
	"nobody has said what their keys are":                            "没有提供其密钥",
	"no form that Alipay posts; the log has changed it":              "不是支付宝发出的表单；日志改动了它",
	"lines that name app_id and sign and hold no whole notification": "含 app_id 和 sign 而没有完整通知的行",
	"lines of more than 1 MiB":                                       "超过 1 MiB 的行",
	"lines about something else":                                     "与通知无关的行",
	"distinct messages that Miniflow would have forwarded":           "Miniflow 会转发的不同消息",
	"of %d":                             "共 %d",
	"a later stage was seen without it": "未见该消息，却已进入后续阶段",
}
