package main

import (
	"encoding/json"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/config"
)

// Every command that prints a result prints it as JSON when it is asked to, the
// answer no included.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	served := newBundle(t).served()
	a := newAPI(t, strings.TrimSuffix(strings.TrimSpace(auditing), "}")+`,"orders":[],"deliveries":[],"mini_programs":[],"next_cursor":"","state":"waiting"}`)
	a.Must("keys", "generate", a.Dir)
	pair := a.Dir + "/app_private.pem " + a.Dir + "/app_public.pem"
	for line, code := range map[string]int{
		"config check -c " + served:                                      command.ExitOK,
		"config check -c " + a.Write("bad.yaml", "nonsense: 1\nmore: 2"): command.ExitFailed,
		"config example":       command.ExitOK,
		"version":              command.ExitOK,
		"keys inspect " + pair: command.ExitOK,
		"keys check " + pair:   command.ExitOK,
		"trigger --simulator " + simulate(t, t.TempDir(), "", nil).url: command.ExitOK,
		"orders get 2021/demo-1":         command.ExitOK,
		"orders list":                    command.ExitOK,
		"orders cancel 2021/demo-1":      command.ExitOK,
		"orders begin-again 2021/demo-1": command.ExitOK,
		"deliveries list":                command.ExitOK,
		"mini-programs list":             command.ExitOK,
		"mini-programs offline 2021/m1":  command.ExitOK,
		"deliveries discard 2021/n1":     command.ExitOK,
		"doctor --offline --within 1s -c " + a.Write("worse.yaml", "nonsense: 1"): command.ExitFailed,
	} {
		t.Run(line, func(t *testing.T) {
			args := strings.Fields(line)
			if args[0] == "orders" || args[0] == "deliveries" || args[0] == "mini-programs" {
				args = append(args, "--api", a.url)
			}
			for _, flag := range [][]string{{"--output", "json"}, {"-o", "json"}} {
				r := a.Run(append(args, flag...)...)
				if r.Code != code || !json.Valid([]byte(r.Stdout)) {
					t.Errorf("%s: exit code %d, want %d; it says %s%s", line, r.Code, code, r.Stdout, r.Stderr)
				}
			}
		})
	}
	if refused := commandtest.Asks[config.Checked](a.Program, command.ExitFailed, "config", "check", "-c", a.Write("two.yaml", "nonsense: 1\nmore: 2")); refused.OK || len(refused.Problems) < 2 {
		t.Errorf("refused as %+v", refused)
	}
}
