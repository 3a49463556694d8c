package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Every command that prints a result prints it as JSON when it is asked to, the
// answer no included.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	served := newBundle(t).served()
	a := newAPI(t, strings.TrimSuffix(strings.TrimSpace(auditing), "}")+`,"orders":[],"deliveries":[],"next_cursor":"","state":"waiting"}`)
	a.must("keys", "generate", a.dir)
	pair := a.dir + "/app_private.pem " + a.dir + "/app_public.pem"
	for line, code := range map[string]int{
		"config check -c " + served:                                      exitOK,
		"config check -c " + a.write("bad.yaml", "nonsense: 1\nmore: 2"): exitFailed,
		"config example":                 exitOK,
		"keys inspect " + pair:           exitOK,
		"keys check " + pair:             exitOK,
		"trigger":                        exitOK,
		"orders get 2021/demo-1":         exitOK,
		"orders list":                    exitOK,
		"orders cancel 2021/demo-1":      exitOK,
		"orders begin-again 2021/demo-1": exitOK,
		"deliveries list":                exitOK,
		"deliveries discard 2021/n1":     exitOK,
		"doctor --offline --within 1s -c " + a.write("worse.yaml", "nonsense: 1"): exitFailed,
	} {
		t.Run(line, func(t *testing.T) {
			args := strings.Fields(line)
			if args[0] == "orders" || args[0] == "deliveries" {
				args = append(args, "--api", a.url)
			}
			for _, flag := range [][]string{{"--output", "json"}, {"-o", "json"}} {
				r := a.run(append(args, flag...)...)
				if r.code != code || !json.Valid([]byte(r.stdout)) {
					t.Errorf("%s: exit code %d, want %d; it says %s%s", line, r.code, code, r.stdout, r.stderr)
				}
			}
		})
	}
	if refused := asks[checkedView](a.program, exitFailed, "config", "check", "-c", a.write("two.yaml", "nonsense: 1\nmore: 2")); refused.OK || len(refused.Problems) < 2 {
		t.Errorf("refused as %+v", refused)
	}
}
