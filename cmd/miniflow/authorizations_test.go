package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/importing"
	"miniflow/ingress/api/problem"
)

// keeper is a Miniflow that keeps authorisations, and an Alipay that knows every token but those
// with a dead in them.
type keeper struct {
	*orderAPI
	mu    sync.Mutex
	kept  map[string]string // by path
	times map[string]int
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{orderAPI: &orderAPI{tested: newProgram(t)}, kept: map[string]string{}, times: map[string]int{}}
	k.Env[remote.KeyVariable] = "the-key"
	server := httptest.NewServer(http.HandlerFunc(k.put))
	t.Cleanup(server.Close)
	k.url = server.URL
	return k
}

func (k *keeper) put(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	post, before := len(k.times)+1, k.before
	k.mu.Unlock()
	if before != nil {
		before(post)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	text, err := io.ReadAll(r.Body)
	var body struct {
		Token string `json:"app_auth_token"`
	}
	if err != nil || json.Unmarshal(text, &body) != nil || r.Method != http.MethodPut {
		k.T.Errorf("%s %s %s", r.Method, r.URL.Path, text)
	}
	if strings.Contains(body.Token, "dead") {
		problem.Bad("app_auth_token", "Alipay does not know this token as one of this app; let the merchant authorise again").Write(w)
		return
	}
	k.kept[r.URL.Path], k.times[r.URL.Path] = string(text), k.times[r.URL.Path]+1
	_, _ = io.WriteString(w, "{}")
}

func tokenOf(i int) string { return fmt.Sprintf("canaryToken%029d", i) }

// authorized are the lines of a table.
func authorized(n int) []string {
	lines := []string{"app_id,mini_app_id,app_auth_token,app_refresh_token,auth_time"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("2021000000000001,20210000000%05d,%s,canaryRefresh%d,2026-11-20T08:00:00+08:00", i, tokenOf(i), i))
	}
	return lines
}

// TestAuthorizationsAreHandedOverOnce plants faults, ends the import in the middle, tears its results,
// and goes on. No token is anywhere but at the API.
func TestAuthorizationsAreHandedOverOnce(t *testing.T) {
	k := newKeeper(t)
	lines := authorized(60)
	lines[4] = strings.Replace(lines[4], "canaryToken", "canary Token", 1)
	lines[21] = strings.Replace(lines[21], "canaryToken", "dead-canaryToken", 1)
	lines[40] = lines[39]
	table := k.Write("merchants.csv", strings.Join(lines, "\n"))
	dry := commandtest.Asks[importing.Report](k.Program, command.ExitFailed, "authorizations", "import", table, "--dry-run", "--api", k.url)
	if dry.Right != 58 || len(dry.Problems) != 2 || dry.Problems[0].Cell != "C5" || dry.Problems[1].Cell != "B41" || len(k.times) > 0 {
		t.Errorf("%+v", dry)
	}
	first := k.interrupted(30, "authorizations", "import", table, "--api", k.url)
	k.Says(first, command.ExitInterrupted, "rows left; the same command goes on")
	results := k.Read(table + ".results.csv")
	k.Write("merchants.csv.results.csv", results[:len(results)-9])
	second := k.Run("authorizations", "import", table, "--api", k.url, "--parallel", "3")
	k.Says(second, command.ExitFailed, "60 rows:", "imported", "3 refused, 0 failed, 0 left", "C5", "without blanks", "C22", "let the merchant authorise again", "B41", "row 40 names the same mini program")
	if len(k.kept) != 57 {
		t.Errorf("%d are kept", len(k.kept))
	}
	twice := 0
	for path, times := range k.times {
		if times > 1 {
			twice++
			t.Log(path, "was sent again")
		}
	}
	if twice > 1 { // the one whose line was torn: nobody knows
		t.Errorf("%d were sent again", twice)
	}
	if got := k.kept["/v1/mini-programs/2021000000000001/2021000000000007/authorization"]; got != `{"app_auth_token":"`+tokenOf(7)+`","app_refresh_token":"canaryRefresh7","auth_time":"2026-11-20T08:00:00+08:00"}` {
		t.Error(got)
	}
	swapped := k.Write("swapped.csv", "app_id,app_auth_token,mini_app_id\n2021000000000001,2021000000000001,"+tokenOf(1)+"-long-canary\n")
	k.Says(k.Run("authorizations", "import", swapped, "--api", k.url), command.ExitFailed, "1 refused")
	results += k.Read(swapped + ".results.csv")
	for name, text := range map[string]string{"first": first.Stdout + first.Stderr, "second": second.Stdout + second.Stderr, "results": results + k.Read(table+".results.csv")} {
		if strings.Contains(strings.ToLower(text), "canary") {
			t.Errorf("a token is in %s: %s", name, text)
		}
	}
	k.times = map[string]int{}
	lines[1] = strings.Replace(lines[1], "canaryToken", "canaryOther", 1)
	k.Write("merchants.csv", strings.Join(append(lines[:40:40], lines[41:]...), "\n"))
	k.Says(k.Run("authorizations", "import", table, "--api", k.url), command.ExitFailed, "1 imported, 56 done before, 2 refused")
	if len(k.times) != 1 {
		t.Errorf("a new token, and what else was sent again: %v", k.times)
	}
}

// TestTablesOfAuthorizationsAreRefusedByCell has a table for each mistake, with its sentence.
func TestTablesOfAuthorizationsAreRefusedByCell(t *testing.T) {
	k := newKeeper(t)
	right := authorized(1)
	for _, test := range []struct{ header, row, cell, words string }{
		{right[0] + ",app_name", right[1], "F1", "rename or remove the column; there are app_id"},
		{strings.Replace(right[0], "app_auth_token", "app_auth_tokn", 1), right[1], "C1", "did you mean app_auth_token?"},
		{right[0] + ",auth_time", right[1], "F1", "this name is there twice"},
		{"app_id,mini_app_id", "2021000000000001,2021000000000001", "C1", "app_auth_token: add the column"},
		{"mini_app_id,app_auth_token", "2021000000000001,x", "C1", "app_id: add the column"},
		{right[0], strings.Replace(right[1], "2021000000000001", "my-app", 1), "A2", "all digits"},
		{right[0], strings.Replace(right[1], "2021000000000000", "2.02E+15", 1), "B2", "the spreadsheet has rounded it"},
		{right[0], strings.Replace(right[1], "2021000000000000", "", 1), "B2", "1 to 32 letters and digits"},
		{right[0], strings.Replace(right[1], tokenOf(0), "", 1), "C2", "as Alipay gave it"},
		{right[0], strings.Replace(right[1], tokenOf(0), "令牌", 1), "C2", "as Alipay gave it"},
		{right[0], strings.Replace(right[1], "canaryRefresh0", "canary refresh", 1), "D2", "or leave it out"},
		{right[0], strings.Replace(right[1], "2026-11-20T08:00:00+08:00", "yesterday", 1), "E2", "RFC 3339"},
	} {
		r := k.Run("authorizations", "import", k.Write("table.csv", test.header+"\n"+test.row+"\n"), "--api", k.url)
		k.Says(r, command.ExitFailed, test.cell, test.words)
		if strings.Contains(r.Stdout+r.Stderr, "canary") {
			t.Errorf("a token is repeated: %s%s", r.Stdout, r.Stderr)
		}
	}
	for line, words := range map[string]string{
		"TABLE --parallel 0": "--parallel is 0", "-": "name their file with --results", "nowhere.csv": "name one that exists", "TABLE --api here": "no http or https URL",
	} {
		args := strings.Fields(strings.ReplaceAll(line, "TABLE", k.Write("table.csv", strings.Join(right, "\n"))))
		k.Says(k.Run(append([]string{"authorizations", "import"}, args...)...), command.ExitUsage, words)
	}
	if len(k.times) > 0 {
		t.Errorf("something was sent: %v", k.times)
	}
	k.Says(k.Run("authorizations", "import", k.Write("table.csv", "mini_app_id,app_auth_token\n2021000000000001,x"), "--app-id", "2021000000000001", "--api", k.url), command.ExitOK, "1 imported")
}
