package main

import (
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// TestACommandSpeaksThePersonsLanguage: the flag's, else that of the first of three variables that is
// set. It asks the API for it, and its own names are in it.
func TestACommandSpeaksThePersonsLanguage(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		flag string
		want string
	}{
		"nothing is set":                  {want: "en"},
		"LANG":                            {env: map[string]string{"LANG": "zh_CN.UTF-8"}, want: "zh-CN"},
		"LC_MESSAGES before LANG":         {env: map[string]string{"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, want: "en"},
		"LC_ALL before both":              {env: map[string]string{"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, want: "en"},
		"a language that is not spoken":   {env: map[string]string{"LANG": "de_DE.UTF-8"}, want: "en"},
		"the flag before all":             {env: map[string]string{"LC_ALL": "en_US.UTF-8"}, flag: "zh-CN", want: "zh-CN"},
		"the flag, in a Chinese terminal": {env: map[string]string{"LANG": "zh_CN.UTF-8"}, flag: "en", want: "en"},
	} {
		a := newAPI(t, auditing)
		for variable, value := range test.env {
			a.Env[variable] = value
		}
		line := []string{"orders", "get", "2021/demo-1", "--api", a.url}
		if test.flag != "" {
			line = append(line, "--lang", test.flag)
		}
		says := map[string][]string{"en": {"  waiting for     Alipay's reviewers", "  commands        withdraw, cancel", "audit 1"},
			"zh-CN": {"  等待            Alipay's reviewers", "  可用命令        withdraw, cancel", "第 1 次审核"}}[test.want]
		a.Says(a.Run(line...), command.ExitOK, says...)
		if asked := a.asked[0]; strings.HasSuffix(asked, " in zh-CN") != (test.want == "zh-CN") {
			t.Errorf("%s: it was asked %q", name, asked)
		}
	}
	a := newAPI(t, `{"orders":[],"next_cursor":""}`)
	a.Says(a.Run("orders", "list", "--lang", "zh-CN", "--api", a.url), command.ExitOK, "没有订单")
	a.Says(a.Run("orders", "list", "--lang", "fr", "--api", a.url), command.ExitUsage, "--lang")
}
