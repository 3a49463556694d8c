package main

import (
	"regexp"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

const deadLetter = `{"app_id":"2021","notify_id":"n1","name":"x.y","state":"dead","reason":"无人接收","received_at":"2026-11-21T12:00:00Z","channel":"http","held_by":"delivery",
	"attempts":3,"last_error":"no","next_try":"2026-11-21T12:00:00Z","replayable_until":"2026-12-21T12:00:00Z"}`

// TestCommandsSpeakChinese: what a command says that works, and why one doesn't.
func TestCommandsSpeakChinese(t *testing.T) {
	observed := `{"app_id":"2021","out_order_no":"demo-1","stage":"auditing","observed":true,"stage_since":"2026-11-21T12:00:00Z"}`
	for _, test := range []struct {
		answers []string
		line    string
		code    int
		says    []string
	}{
		{[]string{`{"deliveries":[` + deadLetter + `],"next_cursor":"c"}`}, "deliveries list --limit 1", command.ExitOK, []string{"经 http，由 delivery 保管", "已尝试 3 次：no", "下次尝试", "可重放", "还有更多：--limit"}},
		{[]string{`{"bulk_id":"b","state":"planned","command":"replay","found":7,"complete":true,"filter":{"app_id":"2021"}}`}, "deliveries replay --all --app-id 2021 --dry-run", command.ExitOK, []string{"将对 7 条消息执行 replay"}},
		{[]string{`{"bulk_id":"b","state":"done","command":"replay","found":7,"taken":6,"refused":1,"filter":{"app_id":"2021"}}`}, "deliveries replay --all --app-id 2021", command.ExitOK, []string{"replay done：找到 7 条，6 条已接受，1 条拒绝"}},
		{[]string{`{"webhooks":[]}`}, "webhooks list", command.ExitOK, []string{"没有 webhook"}},
		{[]string{`{"webhooks":[{"app_id":"2021","status":"active","told_through":"2026-11-21T12:00:00Z","behind":2,"posts":3,"events":4,"retrying":[{"out_order_no":"a","next":"2026-11-21T12:00:00Z","tries":2,"reason":"the webhook did not answer in time"}]}]}`},
			"webhooks list", command.ExitOK, []string{"2 个订单", "3 次推送，共 4 个事件；0 次被拒绝", "已尝试 2 次：webhook 地址没有及时应答"}},
		{[]string{`{"ok":false,"problem":"the webhook could not be reached"}`}, "webhooks test 2021", command.ExitFailed, []string{"未接收：webhook 地址无法连接"}},
		{[]string{`{"answers":1,"messages":2,"since":"2026-11-21T12:00:00Z","differences":[]}`}, "drift", command.ExitOK, []string{"已比对 1 个网关应答和 2 条消息", "没有差异"}},
		{[]string{`{"orders":[` + observed + `],"next_cursor":""}`, observed}, "orders observed", command.ExitOK, []string{"0 次调用本会执行"}},
		{[]string{`{"orders":[],"next_cursor":"","changed_until":"2026-11-21T12:00:00Z"}`}, "orders export", command.ExitOK, []string{"0 个订单；下次导出请用 --since"}},
		{[]string{`409 {"status":409,"detail":"已结束"}`}, "orders get 2021/a", command.ExitFailed, []string{"miniflow: Miniflow 应答 409：已结束"}},
		{[]string{`<html>`}, "orders get 2021/a", command.ExitUsage, []string{"读取 Miniflow 的应答：", "版本是否一致？"}},
		{nil, "orders get a", command.ExitUsage, []string{`"a" 不是订单；请写成 APP_ID/OUT_ORDER_NO，或填写 --app-id`}},
		{nil, "orders lst", command.ExitUsage, []string{"`miniflow --help` 列出可用的内容"}},
		{nil, "config check -c none.yaml", command.ExitUsage, []string{"读取配置：", "`miniflow config example` 会打印一份示例"}},
		{nil, "doctor -c none.yaml --offline --within 10ms", command.ExitFailed, []string{"✗ 配置", "– 支付宝                 未查询：须先改正配置"}},
		{nil, "keys check none", command.ExitUsage, []string{"请指明应为一对的两个文件"}},
		{nil, "verify --public-key none", command.ExitUsage, []string{"读取文件：", "请指明存在的文件"}},
		{nil, "version", command.ExitOK, []string{"构建工具"}},
		{nil, "--version", command.ExitOK, []string{"构建工具"}},
		{nil, "--lang en --version", command.ExitOK, []string{"built by"}},
		{nil, "trigger --simulator http://127.0.0.1:1", command.ExitUsage, []string{"连接 模拟器：", "请用 `alipaysim` 启动一个"}},
	} {
		a := newAPI(t, append(test.answers, "{}")...)
		a.Env["LANG"], a.Env["MINIFLOW_API"] = "zh_CN.UTF-8", a.url
		t.Setenv("MINIFLOW_API", a.url) // flags come from the process's environment
		t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
		a.Says(a.Run(strings.Fields(test.line)...), test.code, test.says...)
	}
}

// TestVerifyExplainsInChinese: the cause, what was seen, and what to do; codes and parameters stay, and
// so does everything in JSON.
func TestVerifyExplainsInChinese(t *testing.T) {
	p := newProgram(t)
	p.Run("keys", "generate", p.Dir)
	line := []string{"verify", "--public-key", p.Dir + "/app_public.pem", "--lang", "zh-CN"}
	p.Says(p.Feed("app_id=2021&sign=xx", line...), command.ExitFailed, "无效", "确定  sign_truncated: sign 短于该密钥的任何签名 (sign)", "有 1 字节；该密钥的签名为 256 字节", "请检查截断长值")
	p.Says(p.Feed("{app_id=2021, sign=xx}", line...), command.ExitFailed, "可能  not_a_form: 这是程序打印的消息", "Java 的 map；在 Java 中，请")
	inJSON := p.Feed("app_id=2021&sign=xx", append(line, "-o", "json")...)
	if regexp.MustCompile(`\p{Han}`).MatchString(inJSON.Stdout) {
		t.Errorf("its JSON is in Chinese: %s", inJSON.Stdout)
	}
}

// TestAConfigurationIsExplainedInChinese, each problem on its line, with the place as it is.
func TestAConfigurationIsExplainedInChinese(t *testing.T) {
	p := newProgram(t)
	p.Env["LC_ALL"] = "zh_CN.UTF-8"
	file := p.Write("miniflow.yaml", "listen: x\napps:\n- app_id: \"x y\"\n  endpoint: http://a.example\n")
	p.Says(p.Run("config", "check", "-c", file), command.ExitFailed, "配置未通过检查，", "处问题：\n  miniflow.yaml:1：listen：应为主机和端口，如 127.0.0.1:8080 或 :8080\n",
		"apps[0].app_id：应为应用的 APPID", "api_keys：没有任何一项")
}

// TestATableIsExplainedInChinese: cells, and what came of an import.
func TestATableIsExplainedInChinese(t *testing.T) {
	p := newProgram(t)
	p.Env["LANG"] = "zh_CN.UTF-8"
	file := p.Write("tokens.csv", "app_id,mini_app_id,app_auth_token\n2021,x y,\n")
	p.Says(p.Run("authorizations", "import", "--dry-run", file), command.ExitFailed, "B2     mini_app_id：请填写小程序 id，1 到 32 个字母和数字", "1 行：0 行正确，1 行有误；没有发送")
	m := newMerchants(1)
	m.set(0, "create.app_name", "面")
	p.Says(p.Run("orders", "import", "--dry-run", p.Write("merchants.csv", m.csv())), command.ExitFailed, "create.app_name：长度应为 3 到 30 个字符，汉字算两个；现有 2", "1 行：0 行正确，1 行有误；没有发送")
}
