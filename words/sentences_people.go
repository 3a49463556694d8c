package words

// admissions are what people read who log in at the console, or can't.
var admissions = map[string]string{ //nolint:gosec // sentences about passwords and tokens, and none of these
	"the form did not arrive whole; send it again":                                                                                "表单不完整；请重新提交",
	"nobody can log in now: the audit log can't be written; the log of this process says why":                                     "暂时无法登录：审计日志无法写入；原因见该进程的日志",
	"nobody can log in now: the people file can't be read; the log of this process says why":                                      "暂时无法登录：人员文件无法读取；原因见该进程的日志",
	"too many wrong passwords came from your address; try again in %d minutes":                                                    "您所在的地址输错密码次数过多；请在 %d 分钟后重试",
	"the name or the password is wrong; %d wrong ones close an account for %d minutes, the right one included":                    "用户名或密码错误；输错 %d 次，账号将锁定 %d 分钟，其间正确的密码也不能登录",
	"this log-in began in another browser, or more than %d minutes ago; begin again":                                              "本次登录在另一浏览器中开始，或已超过 %d 分钟；请重新登录",
	"%s did not log you in (%s); begin again, or ask whoever runs it":                                                             "%s 未能让您登录（%s）；请重新登录，或联系其管理员",
	"what %s says of you can't be used: %s":                                                                                       "%s 提供的身份信息无法使用：%s",
	"%s knows you as %s, and no account here has that; ask whoever runs Miniflow to enter exactly this as `oidc` of your account": "您在 %s 的身份是 %s，这里没有对应的账号；请管理员将它原样填入您账号的 `oidc`",
	"%s can't be reached now; try again in a minute, or log in with a password if you have one":                                   "暂时无法连接 %s；请一分钟后重试，如有密码也可用密码登录",
	"the answer is another provider's":                                                                                            "应答来自其他身份提供方",
	"there is no id_token in the answer":                                                                                          "应答中没有 id_token",
	"the id_token does not verify":                                                                                                "id_token 未通过验证",
	"the id_token is of another log-in":                                                                                           "id_token 属于另一次登录",
	"the id_token can't be read":                                                                                                  "id_token 无法读取",
	"the id_token is for another program":                                                                                         "id_token 属于其他程序",
	"the id_token has no claim %s; whoever runs Miniflow can ask for another scope, or choose another claim":                      "id_token 中没有 %s；管理员可以申请其他 scope，或改用其他 claim",
	"the address is not verified there: anybody could have entered it":                                                            "该邮箱未经身份提供方验证：任何人都可能填写它",
}
