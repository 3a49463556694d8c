package words

// robotSettings say what is wrong with the configuration of a group's robot, and what one has answered.
var robotSettings = map[string]string{ //nolint:gosec // sentences about secrets, and none of these
	"has more than %d; give groups of merchants a robot each, and no merchant one": "超过 %d 个；请按商户分组配置机器人，而不是每个商户一个",
	"has to be a name of its own, of letters, digits, _ and -%s":                   "应为唯一的名称，由字母、数字、_ 和 - 组成%s",
	"is no name of a robot of this app":                                            "不是该应用的机器人名称",
	"is not for wecom, whose robots sign nothing":                                  "不适用于 wecom，其机器人没有签名",
	"has to be two times of a day in Beijing, such as 22:00-08:00":                 "应为北京时间的起止时刻，如 22:00-08:00",
	"has to be between 1m and 24h":                                                 "应在 1m 与 24h 之间",
	"has to be a time such as 2h":                                                  "应为时长，如 2h",
	"has to be a merchant_ref, or the beginning of several and a *":                "应为 merchant_ref，或其前缀加 *",
	"has to be a user id, or all where the robot knows that (wecom does not)":      "应为用户 id；机器人支持时可为 all（wecom 不支持）",
	"has to be the https address that the group's settings show for the robot; give it as url_file, because whoever has it can post": "应为群设置中显示的机器人 https 地址；请用 url_file 给出，因为持有该地址即可发消息",

	"has taken the message": "已接收消息",
	"no robots: add some under robots of the app in the configuration":                  "没有机器人：请在配置中该应用的 robots 下添加",
	"%s: not tried; `miniflow robots test %s` posts to them":                            "%s：未尝试；`miniflow robots test %s` 会向它们发送测试消息",
	"the robot answered %d: %s":                                                         "机器人应答 %d：%s",
	"the robot answered %d":                                                             "机器人应答 %d",
	"the robot takes no more messages for now":                                          "机器人暂时不再接收消息",
	"what answered is no robot of this kind: compare kind and url in the configuration": "应答方不是此类机器人：请核对配置中的 kind 和 url",
	"the robot's url can't be used: copy it anew from the group's settings":             "机器人的 url 无法使用：请从群设置中重新复制",
	"its security settings refuse the message: compare the secret, the keywords and the addresses there with the configuration, and the clock of this machine": "其安全设置拒绝了消息：请将其中的密钥、关键词和 IP 与配置核对，并检查本机时钟",
	"its address is not, or no longer, a robot's: copy it anew from the group's settings":                                                                      "该地址不是（或不再是）机器人的地址：请从群设置中重新复制",
}
