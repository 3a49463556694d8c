package main

import (
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// TestHowCommandsAreCalled goes through what can be wrong before anything is
// done: each ends with exit code 2 and says what to do instead.
func TestHowCommandsAreCalled(t *testing.T) {
	p := newProgram(t)
	p.Write("two", "a\nb\n")
	missing := filepath.Join(p.Dir, "missing")
	for line, want := range map[string]string{
		"":                                      "expected one of",
		"nonsense":                              "--help",
		"verify --nonsense":                     "--help",
		"verify --output xml":                   "--output",
		"verify --config " + missing:            "--public-key",
		"verify --public-key " + missing + " -": "name one that exists",
		"verify --public-key " + missing + " --cert " + missing: "can't be used together",
		"keys check":                                   "name two files",
		"keys check " + missing:                        "name two files",
		"keys generate --bits 1024":                    "--bits",
		"keys generate --name a/b":                     "letters and digits",
		"trigger pass --simulator ftp://x":             "--simulator",
		"trigger pass --rule maybe":                    "--rule",
		"listen --channel websocket":                   "miniflow.yaml",
		"listen --forward-to nonsense":                 "--forward-to",
		"orders get demo-online":                       "--app-id",
		"orders get a/b/c":                             "APP_ID/OUT_ORDER_NO",
		"orders decide-base-pass a/b maybe":            "go_online",
		"orders list --limit 0":                        "--limit",
		"orders start " + missing:                      "name one that exists",
		"orders list --api nonsense":                   "--api",
		"orders list --api-key-file " + missing:        "--api-key-file",
		"orders list --api-key-file " + p.Dir + "/two": "one line",
		"deliveries list --limit 0":                    "--limit",
		"mini-programs rollback m1":                    "APP_ID/MINI_APP_ID",
		"deliveries replay n1":                         "APP_ID/NOTIFY_ID",
	} {
		t.Run(line, func(t *testing.T) {
			p := p.in(t)
			p.Says(p.Run(strings.Fields(line)...), command.ExitUsage, "miniflow: ", want)
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	p := newProgram(t)
	p.Says(p.Run("--help"), command.ExitOK, "verify", "orders watch", "trigger")
	p.Says(p.Run("verify", "--help"), command.ExitOK, "--public-key")
}

func TestVariablesOfFlagsAreKnown(t *testing.T) {
	p := newProgram(t)
	config := p.Config("https://openapi.alipay.com/gateway.do")
	t.Setenv("MINIFLOW_API", "http://127.0.0.1:1")
	t.Setenv("MINIFLOW_API_KEY", "k")
	t.Setenv("MINIFLOW_LISTENN", "x")
	r := p.Run("config", "check", "--config", config)
	p.Says(r, command.ExitOK, "1 apps", "MINIFLOW_LISTENN", "did you mean MINIFLOW_LISTEN")
	if strings.Contains(r.Stderr, "MINIFLOW_API") {
		t.Errorf("a variable of the command line is called unknown: %s", r.Stderr)
	}
}
