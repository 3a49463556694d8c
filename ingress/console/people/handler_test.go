package people

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/internal/audit"
	"miniflow/words"
)

// door is the handler with what it drew and wrote down.
type door struct {
	*house
	handler *Handler
	pages   []Page
	entries []Entry
	failing error // of the audit log
}

func openDoor(t *testing.T) *door {
	d := &door{house: open(t, two)}
	d.handler = &Handler{
		Directory: d.directory, Sessions: d.sessions, Now: d.clock, Address: Addresses(nil),
		Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		Render: func(w http.ResponseWriter, _ *http.Request, page Page) {
			d.pages = append(d.pages, page)
			w.WriteHeader(page.Status)
		},
		Audit: func(_ context.Context, entry Entry) error {
			d.entries = append(d.entries, entry)
			return d.failing
		},
	}
	return d
}

func (d *door) do(b *browser, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	b.take(w)
	if w.Header().Get("Cache-Control") != "no-store" {
		d.t.Error("a log-in page may be kept")
	}
	return w
}

func (d *door) logIn(b *browser, name, password, next string) *httptest.ResponseRecorder {
	form := url.Values{"name": {name}, "password": {password}, "next": {next}}
	return d.do(b, b.request("POST", LogInPath, form.Encode()))
}

// said is what the last page said, in English.
func (d *door) said() string { return d.pages[len(d.pages)-1].Message.In(words.English) }

// last is what was last written down.
func (d *door) last() Entry { return d.entries[len(d.entries)-1] }

func TestAPersonLogsInAndOut(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	if w := d.do(b, b.request("GET", LogInPath+"?next=%2Fconsole%2Forders%3Fq%3Dx", "")); w.Code != 200 || d.pages[0].Next != "/console/orders?q=x" || d.pages[0].Provider != "" {
		t.Fatalf("%d %+v", w.Code, d.pages)
	}
	w := d.logIn(b, "operator-1", password, "/console/orders?q=x")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console/orders?q=x" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	want := Entry{At: begin, Event: EventLogIn, Name: "operator-1", Role: "operator", Address: "192.0.2.1", Way: WayPassword}
	if d.last() != want {
		t.Errorf("%+v", d.last())
	}
	d.mustBe(b, true, "logged in")
	if w := d.do(b, b.request("GET", LogInPath, "")); w.Code != http.StatusSeeOther {
		t.Errorf("who is in goes on: %d", w.Code)
	}
	if w := d.do(b, b.request("POST", LogOutPath, "")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != LogInPath {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	want.Event = EventLogOut
	if d.last() != want {
		t.Errorf("%+v", d.last())
	}
	d.mustBe(b, false, "logged out")
	written := len(d.entries)
	if w := d.do(b, b.request("POST", LogOutPath, "")); w.Code != http.StatusSeeOther || len(d.entries) != written {
		t.Errorf("out already: %d", w.Code)
	}
}

// TestARefusalTellsNothing: the page is the same whether there is such an account, and whether it is
// closed; what was typed as a name is written down only if it is one.
func TestARefusalTellsNothing(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	seen := map[string]bool{}
	try := func(name, typed string, want Entry) {
		t.Helper()
		w := d.logIn(b, name, typed, "")
		page := d.pages[len(d.pages)-1]
		seen[fmt.Sprint(w.Code, w.Header(), page)] = true
		want.At, want.Address, want.Way = begin, "192.0.2.1", WayPassword
		if d.last() != want || strings.Contains(fmt.Sprint(page, d.log.String()), typed) {
			t.Errorf("%q: %+v", name, d.last())
		}
	}
	try("my-secret-typed-here", "guessed-1", Entry{Event: EventRefused, Reason: ReasonWrong})
	try("auditor-1", "guessed-1", Entry{Event: EventRefused, Name: "auditor-1", Reason: ReasonWrong})
	for range TriesPerAccount - 1 {
		try("operator-1", "guessed-1", Entry{Event: EventRefused, Name: "operator-1", Reason: ReasonWrong})
	}
	try("operator-1", "guessed-1", Entry{Event: EventLockOut, Name: "operator-1", Reason: ReasonLockedOut})
	try("operator-1", password, Entry{Event: EventRefused, Name: "operator-1", Reason: ReasonLocked})
	if len(seen) != 1 {
		t.Errorf("%d pages look different: %v", len(seen), seen)
	}
	if len(b.cookies) != 0 {
		t.Error("somebody was let in")
	}
	if zh := d.pages[0].Message.In(words.Chinese); !strings.Contains(zh, "用户名或密码错误；输错 5 次，账号将锁定 15 分钟") {
		t.Errorf("in Chinese: %s", zh)
	}
}

func TestTooManyTriesFromOnePlaceAreToldToWait(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	d.counted()
	for i := range TriesPerAddress {
		d.logIn(b, fmt.Sprint("name-", i), "guessed", "")
	}
	w := d.logIn(b, "operator-1", password, "")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "900" || d.last().Reason != ReasonAddress || !strings.Contains(d.said(), "15 minutes") {
		t.Errorf("%d %v %s", w.Code, w.Header(), d.said())
	}
}

func TestTheAuditLogTakesWhatHappens(t *testing.T) {
	d, dir := openDoor(t), t.TempDir()
	log, err := audit.Open(audit.Config{Dir: dir, Now: d.clock})
	if err != nil {
		t.Fatal(err)
	}
	d.handler.Audit = func(_ context.Context, entry Entry) error { return log.Append(entry.Record()) }
	d.logIn(newBrowser(), "operator-1", password, "")
	d.logIn(newBrowser(), "my-secret-typed-here", "guessed", "")
	for range TriesPerAccount {
		d.logIn(newBrowser(), "operator-1", "guessed", "")
	}
	d.do(newBrowser(), d.loggedIn().request("POST", LogOutPath, ""))
	records, err := audit.Newest(dir, audit.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range records {
		got[strings.Join([]string{r.Who, r.Role, r.Address, r.Action, string(r.Outcome), r.Problem}, " ")]++
	}
	want := map[string]int{
		"miniflow   audit.begin done ":               1,
		"operator-1 operator 192.0.2.1 log-in done ": 1, "  192.0.2.1 log-in refused wrong": 1, "operator-1  192.0.2.1 log-in refused wrong": TriesPerAccount - 1,
		"operator-1  192.0.2.1 lock-out refused locked-out": 1, "operator-1 operator 192.0.2.1 log-out done ": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyIsLetInUnwritten(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	d.failing = errors.New("the disk is full")
	if w := d.logIn(b, "operator-1", password, ""); w.Code != http.StatusServiceUnavailable || len(b.cookies) != 0 || !strings.Contains(d.log.String(), "the disk is full") {
		t.Errorf("%d %v", w.Code, b.cookies)
	}
	d.failing = nil
	d.logIn(b, "operator-1", password, "")
	d.failing = errors.New("the disk is full")
	d.do(b, b.request("POST", LogOutPath, ""))
	d.mustBe(b, false, "whoever wants to leave may")
}

func TestAFileThatCantBeReadIsSaid(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	d.write("people: [")
	if w := d.logIn(b, "operator-1", password, ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(d.said(), "people file") {
		t.Errorf("%d %s", w.Code, d.said())
	}
}

func TestOtherSitesCantPost(t *testing.T) {
	d := openDoor(t)
	b := d.loggedIn()
	for _, path := range []string{LogInPath, LogOutPath} {
		for name, header := range map[string][2]string{
			"site": {"Sec-Fetch-Site", "cross-site"}, "sibling": {"Sec-Fetch-Site", "same-site"}, "old browser": {"Origin", "https://elsewhere.example"},
		} {
			r := b.request("POST", path, url.Values{"name": {"operator-1"}, "password": {password}}.Encode())
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set(header[0], header[1])
			if w := d.do(b, r); w.Code != http.StatusForbidden || len(w.Result().Cookies()) != 0 {
				t.Errorf("%s of %s: %d", path, name, w.Code)
			}
		}
	}
	d.mustBe(b, true, "nothing was logged out")
}

func TestOnlyWhatIsMeantIsAnswered(t *testing.T) {
	d, b := openDoor(t), newBrowser()
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"GET", LogOutPath, http.StatusMethodNotAllowed},
		{"PUT", LogInPath, http.StatusMethodNotAllowed},
		{"GET", OIDCStartPath, http.StatusNotFound}, // not configured
		{"GET", OIDCCallbackPath, http.StatusNotFound},
		{"GET", "/console", http.StatusNotFound},
	} {
		if w := d.do(b, b.request(test.method, test.path, "")); w.Code != test.want {
			t.Errorf("%s %s: %d", test.method, test.path, w.Code)
		}
	}
	if w := d.logIn(b, "operator-1", strings.Repeat("x", mostForm), ""); w.Code != http.StatusBadRequest {
		t.Errorf("a form without an end: %d", w.Code)
	}
}

func TestALogInLeadsNowhereElse(t *testing.T) {
	for next, want := range map[string]string{
		"":                                    "/console",
		"/console":                            "/console",
		"/console/orders/a/b?x=1&y=%2F":       "/console/orders/a/b?x=1&y=%2F",
		"/console?stage=auditing":             "/console?stage=auditing",
		"https://elsewhere.example":           "/console",
		"//elsewhere.example/console":         "/console",
		"///elsewhere.example/console":        "/console",
		"/\\elsewhere.example":                "/console",
		"/console/../../x":                    "/console",
		"/console/%2e%2e/x":                   "/console",
		"/consoles":                           "/console",
		"/v1/orders":                          "/console",
		"javascript:alert(1)":                 "/console",
		"/console\r\nSet-Cookie: a=b":         "/console",
		"/console/log-out":                    "/console",
		"/console/log-in?next=/console":       "/console",
		"/console/oidc/start":                 "/console",
		"console":                             "/console",
		"https:/console":                      "/console",
		"https:console/x":                     "/console",
		"https://elsewhere.example/console/x": "/console/x",
		"//user@elsewhere.example/":           "/console",
		"/console/%0d%0aSet-Cookie:a=b":       "/console/%0d%0aSet-Cookie:a=b",
		"/console//elsewhere.example/x":       "/console//elsewhere.example/x",
		"/console/a#elsewhere":                "/console/a",
		"/console/\u202eoredr":                "/console/%E2%80%AEoredr",
		"/console/" + "巷口小面":                  "/console/%E5%B7%B7%E5%8F%A3%E5%B0%8F%E9%9D%A2",
		"/console/orders\t/a":                 "/console",
		" /console":                           "/console",
		"/Console":                            "/console",
		"/console;x":                          "/console",
		"/console%2f..%2f..%2felsewhere":      "/console",
	} {
		if got := localPath(next); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

func TestAnAddressIsTakenFromProxiesOfOursAlone(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, test := range []struct {
		remote, forwarded string
		proxies           []netip.Prefix
		want              string
	}{
		{"192.0.2.1:1", "", proxies, "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.1", proxies, "192.0.2.1"}, // not by a proxy of ours
		{"10.0.0.1:1", "198.51.100.1", nil, "10.0.0.1"},
		{"10.0.0.1:1", "198.51.100.1", proxies, "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", "198.51.100.1", proxies, "198.51.100.1"},
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.0.0.2", proxies, "198.51.100.1"}, // the left one is anybody's
		{"10.0.0.1:1", "203.0.113.9, nonsense", proxies, "10.0.0.1"},
		{"10.0.0.1:1", "", proxies, "10.0.0.1"},
	} {
		r := newBrowser().request("GET", "/", "")
		r.RemoteAddr = test.remote
		r.Header.Set("X-Forwarded-For", test.forwarded)
		if got := Addresses(test.proxies)(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
