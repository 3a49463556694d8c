package words

// answers say what came of a post to the ISV's backend. They are kept as sentences, since what is
// posted to whom is known where it is posted.
var answers = map[string]string{
	// Behind why a message was forwarded.
	"%s; the forward target %s":                     "%s；forward 目标%s",
	"%s; the forward target has taken its copy":     "%s；forward 目标已接收其副本",
	"%s; the forward target answered success":       "%s；forward 目标应答 success",
	"%s; the forward target did not answer success": "%s；forward 目标没有应答 success",
	"%s; the forward target did not take it for too long, see to it and replay the message; at last %s":       "%s；forward 目标长时间未接收，请检查后重放该消息；最后一次：%s",
	"%s; no forward target is configured: set forward.url for this app and replay the message, or discard it": "%s；没有配置 forward 目标：请为该应用设置 forward.url 并重放该消息，或丢弃它",
	"the forward target %s": "forward 目标%s",
	"the forward target":    "forward 目标",
	"the webhook %s":        "webhook 地址%s",
	"the webhook":           "webhook 地址",
	"the robot %s":          "机器人%s",
	"the robot":             "机器人",
	"answered %s":           "应答 %s",
	"answered %s: a redirect is not followed, give the address that it leads to": "应答 %s：不跟随重定向，请填写它指向的地址",
	"did not answer in time":                "没有及时应答",
	"could not be reached":                  "无法连接",
	"the name of %s could not be resolved":  "无法解析域名：%s",
	"the certificate of %s is not accepted": "不接受证书：%s",
	"is inside a network that is not public: list it under files.allow if that is meant": "位于非公网：如确属有意，请列入 files.allow",
}
