package words

// merchants are what merchants read: in an SMS, which is Chinese, and on the page of their link. They
// know neither Miniflow nor stages, and are addressed as people.
var merchants = map[string]pattern{
	"sms.confirm":   {"please confirm the mini program in Alipay: ", "请打开支付宝确认小程序 "},
	"sms.authorize": {"please authorise your service provider: ", "请为小程序完成授权 "},
	"sms.appeal":    {"Alipay has limited your mini program, please appeal: ", "小程序受限，请申诉 "},
	"sms.certify":   {"please certify the mini program's account: ", "请完成小程序认证 "},
	"sms.hand_in":   {"please hand in pictures for the mini program: ", "小程序缺图片，请补交 "},
	"sms.file":      {"please file your mini program (ICP): ", "请完成小程序备案 "},
	"sms.short":     {"your mini program waits for you: ", "请办理小程序 "},

	"merchant_page.title":         {"Your mini program", "您的小程序"},
	"merchant_page.ask.confirm":   {"Please confirm the mini program in Alipay", "请在支付宝中确认小程序"},
	"merchant_page.ask.authorize": {"Please authorise your service provider in Alipay", "请在支付宝中授权给服务商"},
	"merchant_page.ask.appeal":    {"Alipay has limited your mini program: please appeal", "小程序被支付宝限制，请申诉"},
	"merchant_page.ask.certify":   {"Please certify the mini program's account", "请完成小程序的账号认证"},
	"merchant_page.ask.hand_in":   {"Please hand in these pictures", "请补交以下图片"},

	"merchant_page.ask.file": {"Please file your mini program (ICP)", "请完成小程序备案"},

	"merchant_page.how.file":    {"Log in to Alipay's open platform (open.alipay.com) with the merchant's account and hand in the filing of the mini program there, or mend what was refused. It goes online after that.", "请用商家账号登录支付宝开放平台（open.alipay.com），提交小程序备案，或更正被驳回的内容；备案完成后小程序即可上线。"},
	"merchant_page.how.link":    {"Open Alipay on your phone and scan the code, or press the button on the phone itself. This page shows what has become of it.", "用手机支付宝扫描二维码，或在手机上直接点击按钮。办理之后，本页会显示进度。"},
	"merchant_page.how.confirm": {"Alipay has sent you a message: open the Alipay app on your phone, look among its messages, and confirm there.", "支付宝已向您发送消息：请打开手机支付宝，在「消息」中找到确认通知并完成确认。"},
	"merchant_page.how.appeal":  {"Log in to Alipay's open platform (open.alipay.com) with the merchant's account, read why, and appeal there.", "请用商家账号登录支付宝开放平台（open.alipay.com），查看原因并提交申诉。"},
	"merchant_page.how.certify": {"Open the Alipay app on your phone and certify the account as its messages ask. The mini program goes on after that.", "请打开手机支付宝，按消息提示完成账号认证；认证后小程序会继续办理。"},
	"merchant_page.how.contact": {"Please ask your service provider how to go on.", "请联系您的服务商办理。"},
	"merchant_page.how.hand_in": {"Take or choose a clear picture for each (png or jpg), then press the button.", "每项请拍摄或选择一张清晰的图片（png 或 jpg），然后点击按钮。"},

	"merchant_page.invite":       {"If that does not work: Alipay's invitation to authorise", "如果打不开，请使用支付宝的授权邀请"},
	"merchant_page.button":       {"Open Alipay", "打开支付宝办理"},
	"merchant_page.hand_in":      {"Hand in", "提交"},
	"merchant_page.reason":       {"Alipay says: %s", "支付宝的说明：%s"},
	"merchant_page.refused":      {"That did not work. Please look at what stands beside each picture and try again.", "未能提交。请查看每张图片的说明后重试。"},
	"merchant_page.done":         {"Done, thank you.", "已完成，谢谢！"},
	"merchant_page.later":        {"This can't be shown right now. Please try again in a minute.", "暂时无法显示，请一分钟后再试。"},
	"merchant_page.missing":      {"This link is not valid, or not any more.", "链接无效或已过期。"},
	"merchant_page.missing_help": {"Please ask your service provider for a new one.", "请联系您的服务商获取新链接。"},

	"merchant_page.state.now":         {"Where it stands: %s", "当前进度：%s"},
	"merchant_page.state.preparing":   {"being prepared", "准备中"},
	"merchant_page.state.yours":       {"waiting for you", "等待您办理"},
	"merchant_page.state.authorized":  {"created, waiting for the authorisation to arrive", "已创建，等待授权到达"},
	"merchant_page.state.building":    {"being built", "制作中"},
	"merchant_page.state.auditing":    {"in Alipay's review, usually for up to two working days", "支付宝审核中，通常需要两个工作日"},
	"merchant_page.state.correcting":  {"your service provider is seeing to it", "服务商处理中"},
	"merchant_page.state.asked":       {"more is needed; please ask your service provider", "还需要其他资料，请联系服务商"},
	"merchant_page.state.releasing":   {"reviewed, about to go online", "审核通过，即将上线"},
	"merchant_page.state.online":      {"online", "已上线"},
	"merchant_page.state.declined":    {"you have declined; your service provider can ask again", "您已拒绝；如需办理，请联系服务商重新发起"},
	"merchant_page.state.timed_out":   {"it was not confirmed in time; your service provider can ask again", "超时未确认；如需办理，请联系服务商重新发起"},
	"merchant_page.state.not_created": {"it could not be created; please ask your service provider", "未能创建，请联系服务商"},
	"merchant_page.state.cancelled":   {"cancelled", "已取消"},

	"merchant_page.problem.missing": {"choose a picture", "请选择图片"},
	"merchant_page.problem.large":   {"choose a smaller file", "请选择小一些的文件"},
	"merchant_page.problem.unkept":  {"it could not be taken; please send it to your service provider", "未能提交，请直接发给服务商"},
}
