package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/accounts"
	console "miniflow/ingress/console/people"
)

type listing struct {
	People []accounts.Listed `json:"people"`
}

// TestAccountsAreKept: added, listed, given a password, logged out and removed.
func TestAccountsAreKept(t *testing.T) {
	p := newProgram(t)
	file := filepath.Join(p.Dir, "people.yaml")
	run := func(args ...string) []string { return append(append([]string{"people"}, args...), "--file", file) }

	p.Says(p.Run(run("add", "Operator-1", "--role", "operator", "--role", "auditor", "--merchants", "hangzhou,north")...), command.ExitOK,
		"operator-1 is added", "`miniflow people password operator-1`")
	made := commandtest.Asks[accounts.Added](p.Program, command.ExitOK, run("add", "release-1", "--role", "release", "--apps", "2021000000000001", "--oidc", "sub-1", "--generate")...)
	if len(made.Password) < console.LeastPassword {
		t.Errorf("%+v", made)
	}
	p.Says(p.Feed("correct horse battery\n", run("password", "operator-1")...), command.ExitOK, "operator-1 has a new password")

	kept, err := console.ReadFile(file, nil)
	if err != nil || len(kept.People) != 2 || kept.People[0].SessionsAfter.IsZero() {
		t.Fatalf("%+v %v", kept, err)
	}
	if text, _ := os.ReadFile(file); strings.Contains(string(text), "correct horse") || strings.Contains(string(text), made.Password) {
		t.Errorf("a password is in the file:\n%s", text)
	}
	listed := commandtest.Asks[listing](p.Program, command.ExitOK, run("list")...)
	if len(listed.People) != 2 || !listed.People[0].Password || listed.People[0].Merchants[1] != "north" || listed.People[1].Merchants != nil || listed.People[1].OIDC != "sub-1" {
		t.Errorf("%+v", listed)
	}
	p.Says(p.Run(run("list", "--lang", "zh-CN")...), command.ExitOK, "operator-1\n  角色            operator, auditor\n", "密码            已设置")
	if shown := p.Run(run("list")...); strings.Contains(shown.Stdout, "argon2") {
		t.Error("a list shows hashes")
	}

	before := kept.People[0].SessionsAfter
	p.Says(p.Run(run("log-out", "operator-1")...), command.ExitOK, "logged out everywhere")
	if kept, err = console.ReadFile(file, nil); err != nil || !kept.People[0].SessionsAfter.After(before) {
		t.Errorf("%+v %v", kept, err)
	}
	p.Says(p.Run(run("remove", "operator-1")...), command.ExitOK, "operator-1 is removed, and out at once")
	p.Says(p.Run(run("remove", "operator-1", "--lang", "zh-CN")...), command.ExitFailed, "人员文件中没有此人；`miniflow people list` 列出全部")
	p.Says(p.Run(run("remove", "release-1")...), command.ExitOK)
	p.Says(p.Run(run("list")...), command.ExitOK, "nobody has an account")
}

func TestAccountsAreRefused(t *testing.T) {
	p := newProgram(t)
	file := filepath.Join(p.Dir, "people.yaml")
	p.Must("people", "add", "a", "--role", "viewer", "--file", file)
	for _, test := range []struct {
		line, stdin string
		code        int
		says        string
	}{
		{"add a --role viewer", "", command.ExitFailed, "stands there already"},
		{"add b --role root", "", command.ExitUsage, "--role"},
		{"add b", "", command.ExitUsage, "--role"},
		{"add b/c --role viewer", "", command.ExitFailed, "name has to be"},
		{"password a", "short\n", command.ExitFailed, "fewer than 12 characters"},
		{"password a", "", command.ExitFailed, "fewer than 12 characters"},
		{"password b --generate", "", command.ExitFailed, "nobody of this name"},
		{"log-out b", "", command.ExitFailed, "nobody of this name"},
	} {
		p.Says(p.Feed(test.stdin, append(append([]string{"people"}, strings.Fields(test.line)...), "--file", file)...), test.code, test.says)
	}
	p.Says(p.Run("people", "list", "--file", file+"x"), command.ExitFailed, "no such file")
	broken := p.Write("broken.yaml", "people: [{name: a, roles: [viewer], apps: [x], password_hash: canary}]")
	refused := p.Run("people", "list", "--file", broken, "--lang", "zh-CN")
	p.Says(refused, command.ExitFailed, `人员 "a"：password_hash 不是 argon2id 哈希`)
	if strings.Contains(refused.Stderr, "canary") {
		t.Error(refused.Stderr)
	}
}

// TestGroupsAreThoseOfTheConfiguration: the example of it, with people.
func TestGroupsAreThoseOfTheConfiguration(t *testing.T) {
	p := newProgram(t)
	p.Must("keys", "generate", filepath.Join(p.Dir, "keys"))
	config := p.Must("config", "example")
	for name, content := range map[string]string{"keys/api_key.txt": strings.Repeat("k", 32), "keys/sealing_key.txt": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="} {
		p.Write(name, content)
	}
	alipay := filepath.Join(p.Dir, "alipay")
	p.Must("keys", "generate", alipay)
	text, err := os.ReadFile(filepath.Join(alipay, "app_public.pem"))
	if err != nil {
		t.Fatal(err)
	}
	p.Write("keys/alipay_public.pem", string(text))
	without := p.Write("without.yaml", config)
	p.Says(p.Run("people", "list", "-c", without), command.ExitUsage, "has no console.people_file")

	file := filepath.Join(p.Dir, "people.yaml")
	config = regexp.MustCompile(`people_file: ""`).ReplaceAllString(config, "people_file: "+file)
	with := p.Write("with.yaml", strings.Replace(config, "merchant_groups: {}", `merchant_groups: {hangzhou: ["hz-*"]}`, 1))
	p.Says(p.Run("people", "add", "a", "--role", "service", "--merchants", "hangzhou", "-c", with), command.ExitOK, "a is added")
	p.Says(p.Run("people", "add", "b", "--role", "service", "--merchants", "beijing", "-c", with), command.ExitFailed, `"beijing", which is no group`)
	p.Says(p.Run("people", "list", "-c", with), command.ExitOK, "hangzhou")
}
