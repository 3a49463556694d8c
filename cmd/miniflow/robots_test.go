package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/activities/robots/groupsim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// TestRobotsAreTried: each gets one test message, what one refuses is said, and no address is printed.
func TestRobotsAreTried(t *testing.T) {
	p := newProgram(t)
	groups := map[string]*groupsim.Group{}
	lines, allow := "    robots:\n", "files:\n  allow: ["
	for kind, secret := range map[string]string{"dingtalk": "SEC-canary", "wecom": "", "feishu": "canary-of-feishu"} {
		groups[kind] = &groupsim.Group{Kind: kind, Token: "canary-token", Secret: secret, Now: time.Now}
		server := httptest.NewServer(groups[kind])
		t.Cleanup(server.Close)
		lines += "      - name: " + kind + "\n        kind: " + kind + "\n        url_file: " + p.Write(kind+".txt", server.URL+groups[kind].Path()+"\n") + "\n"
		if secret != "" {
			lines += "        secret: " + secret + "\n"
		}
		allow += `"` + strings.TrimPrefix(server.URL, "http://") + `", `
	}
	file := p.Config("http://127.0.0.1:9/gateway.do")
	text := p.Read(file)
	at := strings.Index(text, "    alipay_public_keys:")
	p.Write("miniflow.yaml", text[:at]+lines+text[at:]+"\n"+strings.TrimSuffix(allow, ", ")+"]\n")
	const appID = commandtest.AppID

	p.Says(p.Run("robots", "test", appID, "-c", file), command.ExitOK, "dingtalk", "wecom", "feishu", "has taken the message")
	for kind, group := range groups {
		if got := group.Messages(); len(got) != 1 || !strings.Contains(got[0].Title, appID) {
			t.Errorf("%s has got %+v, and refused %v", kind, got, group.Refusals())
		}
	}
	groups["feishu"].Secret = "another"
	said := p.Run("robots", "test", appID, "-c", file)
	p.Says(said, command.ExitFailed, "compare the secret")
	p.Says(p.Run("robots", "test", appID, "-c", file, "--lang", "zh-CN"), command.ExitFailed, "已接收消息", "安全设置拒绝了消息")
	doctor := p.Run("doctor", "-c", file, "--offline", "--within", "1s")
	if !strings.Contains(doctor.Stdout, "miniflow robots test "+appID) || !strings.Contains(doctor.Stdout, "feishu (feishu)") {
		t.Errorf("doctor says %s", doctor.Stdout)
	}
	if printed := said.Stdout + said.Stderr + doctor.Stdout; strings.Contains(printed, "canary") {
		t.Errorf("a secret is printed: %s", printed)
	}
	p.Says(p.Run("robots", "test", "2021000000000009", "-c", file), command.ExitFailed, "no robots")
}
