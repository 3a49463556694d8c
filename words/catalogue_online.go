package words

// onlines are about what a mini program's users see after its orders.
var onlines = map[string]pattern{
	"do.roll_back_version":      {"put the version before %s back online", "回滚版本 %s"},
	"do.take_offline":           {"take version %s offline", "下架版本 %s"},
	"do.look_online":            {"ask which version is online", "查询已上架的版本"},
	"do.watch_online":           {"ask what mini programs have online", "查询小程序的线上版本"},
	"do.await_watch":            {"until the next mini programs are asked about", "等待查询下一批小程序"},
	"title.watch":               {"asks Alipay what the mini programs of app %s have online", "向支付宝查询应用 %s 的小程序的线上版本"},
	"attention.taken_down":      {"Alipay has taken version %s of the mini program down: its merchant appeals, or a version without the fault goes through audit", "支付宝强制下架了小程序的版本 %s：请商家申诉，或提交没有该问题的版本审核"},
	"attention.offline":         {"version %s of the mini program is offline, and nobody asked for that here: put a version online, or say that it is to stay offline", "小程序的版本 %s 已下架，且并非按这里的命令：请重新上架，或确认保持下架"},
	"kind.mini_program_offline": {"mini program offline", "小程序下架"},
	"do.await_change":           {"until it is asked again which version is online", "等待再次查询已上架的版本"},

	"refuse.commanded":      {"another command to this mini program is with Alipay; wait for its end", "该小程序的另一条命令正由支付宝处理；请等它结束"},
	"refuse.no_token":       {"there is no valid authorisation of this mini program: its merchant has to authorise, or a token has to be imported", "该小程序没有有效的授权：请商家授权，或导入令牌"},
	"refuse.online_unasked": {"nothing was done: Alipay could not be asked which version is online: %s", "未执行任何操作：无法向支付宝查询已上架的版本：%s"},
	"refuse.gray":           {"version %s is in a gray release, and Alipay refuses this until that is finished or cancelled", "版本 %s 正在灰度发布，结束或取消灰度之前支付宝会拒绝此操作"},
	"refuse.other_online":   {"version %s is online, and not %s; nothing was done", "已上架的版本是 %s，不是 %s；未执行任何操作"},
	"refuse.nothing_online": {"nothing of this mini program is online", "该小程序没有已上架的版本"},
	"refuse.alipay_said":    {"Alipay refuses, and nothing was changed: %s: %s", "支付宝拒绝了该操作，未做任何更改：%s：%s"},
	"refuse.answer_lost":    {"Alipay's answer was lost, and version %s is online still; look at the mini program again before you repeat it", "支付宝的应答丢失，版本 %s 仍在架；再次操作之前请先查看该小程序"},
	"refuse.not_shown_yet":  {"Alipay has accepted it and shows version %s as online still; look at the mini program again before you repeat it", "支付宝已接受，但仍显示版本 %s 在架；再次操作之前请先查看该小程序"},
	"page.down":             {"offline", "已下架"},
	"page.down_command":     {"%s since %s, as somebody asked here", "%s，自 %s 起，按这里的命令"},
	"page.down_others":      {"%s since %s, by somebody elsewhere", "%s，自 %s 起，由他人在别处操作"},
	"page.down_force":       {"%s since %s, taken down by Alipay", "%s，自 %s 起，被支付宝强制下架"},
}
