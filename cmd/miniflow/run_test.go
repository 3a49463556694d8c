package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHowCommandsAreCalled goes through what can be wrong before anything is
// done: each ends with exit code 2 and says what to do instead.
func TestHowCommandsAreCalled(t *testing.T) {
	p := newProgram(t)
	p.write("two", "a\nb\n")
	missing := filepath.Join(p.dir, "missing")
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
		"simulator --listen 0.0.0.0:0":                 "127.0.0.1",
		"simulator --listen nonsense":                  "127.0.0.1:8090",
		"simulator --charset big5":                     "utf-8",
		"trigger nonsense":                             "lists them",
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
		"orders list --api-key-file " + p.dir + "/two": "one line",
		"deliveries list --limit 0":                    "--limit",
		"deliveries replay n1":                         "APP_ID/NOTIFY_ID",
	} {
		t.Run(line, func(t *testing.T) {
			p := &program{t: t, dir: p.dir}
			p.says(p.run(strings.Fields(line)...), exitUsage, "miniflow: ", want)
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	p := newProgram(t)
	p.says(p.run("--help"), exitOK, "verify", "orders watch", "trigger")
	p.says(p.run("verify", "--help"), exitOK, "--public-key")
}

func TestVariablesOfFlagsAreKnown(t *testing.T) {
	p := newProgram(t)
	config := p.config("https://openapi.alipay.com/gateway.do")
	t.Setenv("MINIFLOW_API", "http://127.0.0.1:1")
	t.Setenv("MINIFLOW_API_KEY", "k")
	t.Setenv("MINIFLOW_LISTENN", "x")
	r := p.run("config", "check", "--config", config)
	p.says(r, exitOK, "1 apps", "MINIFLOW_LISTENN", "did you mean MINIFLOW_LISTEN")
	if strings.Contains(r.stderr, "MINIFLOW_API") {
		t.Errorf("a variable of the command line is called unknown: %s", r.stderr)
	}
}

// TestNothingOthersWroteReachesTheTerminal shows control characters.
func TestNothingOthersWroteReachesTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"餐饮 + ok\n": "餐饮 + ok\n", "\x1b[31mred": "\ufffd[31mred", "a\u202eb": "a\ufffdb", "\x00": "\ufffd", "a\u009bb": "a\ufffdb",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestColoursAreOursAlone(t *testing.T) {
	var b strings.Builder
	p := &page{w: &b, colours: true}
	p.item("rule", "with\x1b[5m", "(note)")
	p.item("nothing", "")
	p.line("%s %s %s", p.good("g"), p.bad("b"), p.warn("w"))
	want := "  rule            with\ufffd[5m \x1b[2m(note)\x1b[0m\n\x1b[32mg\x1b[0m \x1b[31mb\x1b[0m \x1b[33mw\x1b[0m\n"
	if b.String() != want || p.err != nil {
		t.Errorf("%q, %v", b.String(), p.err)
	}
	if plain := (&page{}); plain.good("g") != "g" {
		t.Error("coloured without a terminal")
	}
}

func TestFilesAreNeverOverwritten(t *testing.T) {
	p := newProgram(t)
	path := filepath.Join(p.dir, "new")
	if err := writeNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := writeNew(path, []byte("second")); err == nil || p.read(path) != "first" {
		t.Errorf("%v; the file holds %q", err, p.read(path))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, ".new*")); err != nil || len(left) != 0 {
		t.Errorf("drafts are left: %v %v", left, err)
	}
	if err := writeNew(filepath.Join(p.dir, "no", "such"), nil); err == nil {
		t.Error("written into a directory that does not exist")
	}
	big := p.write("big", strings.Repeat("x", maxInput+1))
	p.says(p.run("orders", "start", big), exitUsage, "4 MiB")
}

func (p *program) config(endpoint string) string {
	p.t.Helper()
	p.keys()
	return p.write("miniflow.yaml", `
apps:
  - app_id: "2021000000000001"
    endpoint: `+endpoint+`
    private_key_file: app_private.pem
    alipay_public_keys: [{key_file: alipay_public.pem}]
api_keys: [{name: ops, key: "sha256:`+strings.Repeat("0", 63)+`1", apps: ["*"], scopes: [read]}]
sealing: none
`)
}
