package words

// attentions say why something needs a person, and what robots tell of it.
var attentions = map[string]pattern{
	"title.attention": {"What needs a person in app %s", "应用 %s 的待办事项"},
	"about.attention": {"It keeps who has taken what needs a person, until when it is snoozed, what was said, and what the app's robots were told. Terminating it forgets that and harms nothing else.",
		"保存待办事项由谁处理、暂缓到何时、有哪些备注，以及群机器人已通知的内容。终止它只会丢失这些，不影响其他。"},

	"attention.paused":             {"its workflow is paused in Temporal; unpause it there, what came meanwhile is kept", "其工作流已在 Temporal 中暂停；请在那里恢复，期间收到的内容都已保留"},
	"attention.closed":             {"its workflow was closed in Temporal before its end", "其工作流在结束前被人在 Temporal 中关闭"},
	"attention.failing":            {"no worker can go on with its workflow; run the build that wrote its history", "没有 worker 能继续其工作流；请运行写下其历史的版本"},
	"attention.dead":               {"nobody took the message %s: %s", "消息 %s 无人接收：%s"},
	"attention.stuck":              {"it holds messages that it could neither pass on nor keep elsewhere", "它持有既无法转交也无法另存的消息"},
	"attention.forward":            {"the forward target takes no messages, %s of them are tried again: %s", "转发目标不接收消息，有 %s 条正在重试：%s"},
	"attention.token_doubt":        {"Alipay has refused a call with the merchant's token and can't be asked whether it is valid", "支付宝拒绝了使用商家令牌的调用，也无法询问令牌是否有效"},
	"attention.webhook_disabled":   {"the webhook is told nothing until it is enabled: %s", "webhook 在启用之前不再收到推送：%s"},
	"attention.webhook_down":       {"the webhook refuses what it is told; %s orders wait: %s", "webhook 拒收推送；有 %s 个订单在等待：%s"},
	"attention.webhook_dead":       {"the events of %s orders were given up after three days; resend tells them again", "有 %s 个订单的事件在三天后放弃推送；resend 可重新推送"},
	"attention.certificate_own":    {"the application's certificate %s runs out at %s; take the next one from Alipay's console", "应用证书 %s 将于 %s 到期；请在开放平台控制台下载新证书"},
	"attention.certificate_alipay": {"Alipay's certificate %s runs out at %s; take the next one from Alipay's console", "支付宝证书 %s 将于 %s 到期；请在开放平台控制台下载新证书"},
}
