package words

// purged is what `miniflow archive`, `miniflow purge` and `miniflow keys reseal` say, by its English.
var purged = map[string]string{
	"%d ended orders looked at, %d of them archived": "已查看 %d 个已结束的订单，其中归档 %d 个",
	"ended orders": "已结束的订单",
	"archived now": "本次归档",
	"failed":       "失败",
	"%d orders could not be archived, one of them because of: %w": "%d 个订单未能归档，其中一个的原因是：%w",
	"no archive is configured; set archive.folder or archive.s3":  "没有配置归档；请设置 archive.folder 或 archive.s3",
	"archived orders": "已归档的订单",
	"purged numbers":  "已清除的订单号",
	"broken":          "损坏",
	"%d archived orders do not open; put the sealing key back that they were sealed with, or the files from a backup": "%d 个归档订单无法解密；请放回加密时所用的密钥，或从备份恢复文件",

	"nothing was removed; --yes removes it": "没有清除任何内容；加上 --yes 才会清除",
	"--app %s is not in the configuration":  "--app %s 不在配置中",
	"a purge needs an archive, which keeps the numbers of purged orders from being used again: set archive.folder or archive.s3 for all processes": "清除需要归档，以确保已清除的订单号不会被再次使用：请为所有进程设置 archive.folder 或 archive.s3",
	"%s: %d of %d":            "%s：已完成 %d，共 %d",
	"write the record: %w":    "写入记录：%w",
	"runs of their workflows": "其工作流的运行次数",
	"mini programs that stay, because others have orders about them": "保留的小程序（其他商户也有相关订单）",
	"files":                                       "文件",
	"entries of the audit log":                    "审计日志条目",
	"purged; the signed record is %s":             "已清除；签名记录为 %s",
	"%s is no record of a purge":                  "%s 不是清除记录",
	"sealing key":                                 "加密密钥",
	"the record was altered, or was never signed": "该记录被改动过，或从未签名",
	"the record was not altered since it was signed, and its key is none of sealing.keys: compare the public key with the one that you have noted": "该记录签名后未被改动，但其密钥不在 sealing.keys 中：请将公钥与您留存的公钥比对",

	"mark the numbers as used":             "将订单号标记为已使用",
	"cancel what runs":                     "取消进行中的订单",
	"delete mini programs and messages":    "删除小程序与消息",
	"erase files and notes":                "抹除文件与备注",
	"delete orders":                        "删除订单",
	"wait until nothing is found any more": "等待直到再也查不到任何内容",
}
