package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/leave"
	"miniflow/ingress/api/problem"
)

// left is a Miniflow with two orders, a dead letter, and two mini programs, of which one has a token.
// It fails at a path.
func left(t *testing.T, failing string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers := map[string]string{
			"GET /v1/orders":                       `{"orders":[{"app_id":"2021","out_order_no":"no-1"},{"app_id":"2021","out_order_no":"no-2"}],"next_cursor":""}`,
			"GET /v1/orders/2021/no-1":             "{\"app_id\":\"2021\",\n\"out_order_no\":\"no-1\",\"timeline\":[]}",
			"GET /v1/orders/2021/no-2":             `{"app_id":"2021","out_order_no":"no-2","timeline":[]}`,
			"GET /v1/deliveries":                   `{"deliveries":[{"notify_id":"n1"}],"next_cursor":""}`,
			"GET /v1/mini-programs":                `{"mini_programs":[{"app_id":"2021","mini_app_id":"m1"}],"next_cursor":"c"}`,
			"GET /v1/mini-programs c":              `{"mini_programs":[{"app_id":"2021","mini_app_id":"m2"}],"next_cursor":""}`,
			"POST /v1/mini-programs/2021/m1/token": `{"app_auth_token":"canaryToken,1","app_refresh_token":"canaryRefresh","auth_time":"2026-11-20T08:00:00Z"}`,
		}
		asked := strings.TrimSpace(r.Method + " " + r.URL.Path + " " + r.URL.Query().Get("cursor"))
		answer, known := answers[asked]
		switch {
		case failing != "" && r.URL.Path == failing:
			problem.Of(problem.TemporalUnwell).Write(w)
		case known:
			_, _ = io.WriteString(w, answer)
		case asked == "POST /v1/mini-programs/2021/m2/token":
			problem.Of(problem.TokenMissing).Write(w)
		default:
			t.Errorf("asked for %s", asked)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestLeavingTakesEverythingOut reads the folder as a person would who has no Miniflow any more.
func TestLeavingTakesEverythingOut(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	dir := filepath.Join(p.Dir, "out")
	report := commandtest.Asks[leave.Report](p.Program, command.ExitOK, "leave", dir, "--public-key", filepath.Join(p.Dir, "app_public.pem"), "--api", left(t, ""))
	if (report != leave.Report{Dir: dir, Orders: 2, MiniPrograms: 2, Authorizations: 1, Deliveries: 1}) {
		t.Errorf("%+v", report)
	}
	for name, want := range map[string]string{
		"orders.jsonl":        `{"app_id":"2021","out_order_no":"no-1","timeline":[]}` + "\n" + `{"app_id":"2021","out_order_no":"no-2","timeline":[]}` + "\n",
		"deliveries.jsonl":    `{"notify_id":"n1"}` + "\n",
		"mini-programs.jsonl": `{"app_id":"2021","mini_app_id":"m1"}` + "\n" + `{"app_id":"2021","mini_app_id":"m2"}` + "\n",
	} {
		if got := p.Read(filepath.Join(dir, name)); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	readMe := p.Read(filepath.Join(dir, "README.txt"))
	_, decrypt, _ := strings.Cut(readMe, "openssl ")
	decrypt, _, _ = strings.Cut(decrypt, "\n")
	decrypt = strings.Replace(decrypt, "authorizations.csv.cms", "out/authorizations.csv.cms", 1)
	want := "app_id,mini_app_id,app_auth_token,app_refresh_token,auth_time\n2021,m1,\"canaryToken,1\",canaryRefresh,2026-11-20T08:00:00Z\n"
	if got := p.OpenSSL("", strings.Fields(decrypt)...); got != want {
		t.Errorf("decrypted: %q", got)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 5 {
		t.Errorf("%v %v", files, err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || info.Mode().Perm() != 0o600 || strings.Contains(p.Read(filepath.Join(dir, file.Name())), "canary") {
			t.Errorf("%s: %v %v, or it holds a token in clear", file.Name(), info.Mode(), err)
		}
	}
	// What was taken out is what authorizations import takes.
	p.Says(p.Run("authorizations", "import", p.Write("tokens.csv", strings.Replace(want, "2021,m1", "2021,2021000000000042", 1)), "--dry-run"), command.ExitOK, "1 right")
}

// TestLeavingIsWholeOrNothing has calls that fail, and what is refused before any call.
func TestLeavingIsWholeOrNothing(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	public := filepath.Join(p.Dir, "app_public.pem")
	for _, failing := range []string{"/v1/orders", "/v1/orders/2021/no-2", "/v1/deliveries", "/v1/mini-programs", "/v1/mini-programs/2021/m1/token"} {
		dir := filepath.Join(p.Dir, "out")
		p.Says(p.Run("leave", dir, "--public-key", public, "--api", left(t, failing)), command.ExitUsage, "nothing was written to "+dir)
		if found, err := filepath.Glob(filepath.Join(p.Dir, "*out*")); err != nil || len(found) > 0 {
			t.Errorf("%v %v", found, err)
		}
		if drafts, err := filepath.Glob(filepath.Join(p.Dir, ".leave-*")); err != nil || len(drafts) > 0 {
			t.Errorf("%v %v", drafts, err)
		}
	}
	p.OpenSSL("", "genrsa", "-out", "short.pem", "1024")
	p.OpenSSL("", "pkey", "-in", "short.pem", "-pubout", "-out", "short_public.pem")
	api := left(t, "")
	for line, words := range map[string]string{
		"out":                                 "--public-key",
		"out --public-key app_private.pem":    "keep its private key where only you reach it",
		"out --public-key nowhere.pem":        "name one that exists",
		"out --public-key short_public.pem":   "1024 bits",
		". --public-key app_public.pem":       "exists and is not overwritten",
		"no/such --public-key app_public.pem": "write beside",
	} {
		var args []string
		for _, word := range strings.Fields(line) {
			if !strings.HasPrefix(word, "-") {
				word = filepath.Join(p.Dir, word)
			}
			args = append(args, word)
		}
		p.Says(p.Run(append([]string{"leave", "--api", api}, args...)...), command.ExitUsage, words)
	}
}
