package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// api is a Miniflow that says what it is told to and writes down what it was asked.
type api struct {
	*tested
	url     string
	answers []string // in turn, the last one again; a number before it is the status
	asked   []string
}

func newAPI(t *testing.T, answers ...string) *api {
	t.Helper()
	a := &api{tested: newProgram(t), answers: answers}
	a.Env[remote.KeyVariable] = "the-key"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		line := r.Method + " " + r.URL.RequestURI()
		if len(body) > 0 {
			line += " " + string(body)
		}
		if actor := r.Header.Get("X-Actor"); actor != "" {
			line += " by " + actor
		}
		if language := r.Header.Get("Accept-Language"); language != "en" {
			line += " in " + language
		}
		if r.Header.Get("Authorization") != "Bearer the-key" {
			line += " without the key"
		}
		a.asked = append(a.asked, line)
		answer := a.answers[0]
		if len(a.answers) > 1 {
			a.answers = a.answers[1:]
		}
		if number, detail, _ := strings.Cut(answer, " "); len(number) == 3 {
			if status, err := strconv.Atoi(number); err == nil {
				w.WriteHeader(status)
				answer = detail
			}
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// order is an order as the API answers it.
const auditing = `{"app_id":"2021","out_order_no":"demo-1","kind":"formal","stage":"auditing","stage_since":"2026-11-21T12:00:00Z","waiting_for":"Alipay's reviewers",
	"commands":["withdraw","cancel"],"sequence":3,"created_at":"2026-11-21T11:00:00Z","finished_at":null,
	"hold":{"kind":"needs_input","since":"2026-11-21T12:00:00Z","code":"LOGO_IS_BLANK","message":"the logo is missing","fields":["submission.files.app_logo"]},
	"audits":[{"attempt":1,"submitted_at":"2026-11-21T12:00:00Z","verdict":"rejected","reasons":[{"part":"base","memo":"类目不符\u001b[31m","images":[]}]}],
	"timeline":[{"sequence":3,"at":"2026-11-21T12:00:00Z","event":"order.stage_changed","stage":"auditing","actor":"ops"}]}`

const online = `{"app_id":"2021","out_order_no":"demo-1","kind":"formal","stage":"online","stage_since":"2026-11-21T12:05:00Z","finished_at":"2026-11-21T12:05:00Z",
	"commands":[],"sequence":4,"created_at":"2026-11-21T11:00:00Z",
	"timeline":[{"sequence":3,"at":"2026-11-21T12:00:00Z","event":"order.stage_changed","stage":"auditing"},
	{"sequence":4,"at":"2026-11-21T12:05:00Z","event":"order.finished","stage":"online"}]}`

// What could not be asked is 2, everywhere: no is an answer, silence is none.
func TestWhatCouldNotBeAskedIsTwo(t *testing.T) {
	for answer, code := range map[string]int{
		`400 {"detail":"no"}`: command.ExitFailed, `401 {"detail":"no"}`: command.ExitFailed, `404 {"detail":"no"}`: command.ExitFailed, `409 {"detail":"no"}`: command.ExitFailed, `422 {"detail":"no"}`: command.ExitFailed,
		`429 {"detail":"later"}`: command.ExitUsage, `500 {"detail":"oh"}`: command.ExitUsage, `503 {"detail":"later"}`: command.ExitUsage, `502 <html>`: command.ExitUsage, `404 <html>`: command.ExitUsage,
	} {
		for _, line := range []string{"orders get 2021/demo-1", "orders list", "orders cancel 2021/demo-1", "deliveries list", "deliveries replay 2021/n1", "orders watch 2021/demo-1"} {
			a := newAPI(t, answer)
			if r := a.Run(append(strings.Fields(line), "--api", a.url)...); r.Code != code {
				t.Errorf("%s, answered %s: exit code %d, want %d", line, answer, r.Code, code)
			}
		}
	}
	p := newProgram(t)
	nowhere := filepath.Join(p.Dir, "nowhere")
	for _, line := range []string{
		"orders get 2021/demo-1 --api http://127.0.0.1:1", "orders start nowhere.json", "orders get 2021/demo-1 --api-key-file " + nowhere,
		"config check -c " + nowhere, "serve -c " + nowhere, "setup -c " + nowhere, "keys inspect " + nowhere, "keys check " + nowhere + " " + nowhere,
		"keys inspect " + p.Write("no.pem", "hello!"), "verify --public-key " + nowhere, "trigger pass --simulator http://127.0.0.1:1",
	} {
		if r := p.Run(strings.Fields(line)...); r.Code != command.ExitUsage {
			t.Errorf("%s: exit code %d, want %d: %s", line, r.Code, command.ExitUsage, r.Stderr)
		}
	}
}

func TestTheAPIKeyComesFromAFile(t *testing.T) {
	a := newAPI(t, auditing)
	delete(a.Env, remote.KeyVariable)
	file := a.Write("key", "the-key\n")
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", a.url, "--api-key-file", file), command.ExitOK)
	if a.asked[0] != "GET /v1/orders/2021/demo-1" {
		t.Error(a.asked[0])
	}
}

func TestAnswersThatAreNotMiniflows(t *testing.T) {
	a := newAPI(t, "<html>")
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", a.url), command.ExitUsage, "is it of this version?")
	a.answers = []string{"409 <html>"}
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", a.url), command.ExitUsage, "409", "--api")
	a.Says(a.Run("orders", "get", "2021/demo-1", "--api", "http://127.0.0.1:1"), command.ExitUsage, "is it running")
	a.Says(a.Feed("{", "orders", "start", "--api", a.url), command.ExitUsage, "no JSON")
	a.Says(a.Feed("\ufeff{}", "orders", "start", "--api", a.url), command.ExitUsage, "answered 409") // it is sent: an editor of Windows saves JSON so
}

// TestTheKeyDoesNotTravel answers with a redirect to another server.
func TestTheKeyDoesNotTravel(t *testing.T) {
	elsewhere := newAPI(t, auditing)
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.url+"/v1/orders/2021/demo-1", http.StatusTemporaryRedirect))
	defer redirecting.Close()
	elsewhere.Says(elsewhere.Run("orders", "get", "2021/demo-1", "--api", redirecting.URL), command.ExitUsage, "307")
	if len(elsewhere.asked) != 0 {
		t.Errorf("the other server was asked %v", elsewhere.asked)
	}
}
