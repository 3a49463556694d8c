package words

// robotSettings say what is wrong with the configuration of a group's robot, and what one has answered.
var robotSettings = map[string]string{
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
}
