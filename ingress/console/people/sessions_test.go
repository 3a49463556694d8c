package people

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/internal/seal"
)

// browser keeps the cookies that it was sent, as a browser does.
type browser struct {
	base    string // https://console.example.com, or http on loopback
	from    string
	cookies map[string]*http.Cookie
}

func newBrowser() *browser {
	return &browser{base: "https://console.example.com", from: "192.0.2.1:50000", cookies: map[string]*http.Cookie{}}
}

func (b *browser) request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, b.base+path, strings.NewReader(body)) //nolint:noctx // a server's request
	r.TLS = nil                                                            // it ends in front
	r.RemoteAddr = b.from
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, cookie := range b.cookies {
		r.AddCookie(sent(cookie.Name, cookie.Value))
	}
	return r
}

// sent is a cookie as a browser sends it: its name and its value.
func sent(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value} //nolint:gosec // what else it has stays in the browser
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
			continue
		}
		b.cookies[cookie.Name] = cookie
	}
}

func (h *house) begin(b *browser, name string, way Way) {
	h.t.Helper()
	w := httptest.NewRecorder()
	if err := h.sessions.Begin(w, b.request("GET", "/console", ""), name, way); err != nil {
		h.t.Fatal(err)
	}
	b.take(w)
}

// of is what a page that a person opens sees.
func (h *house) of(b *browser) (Session, bool) {
	w := httptest.NewRecorder()
	session, ok := h.sessions.Of(w, b.request("GET", "/console", ""))
	b.take(w)
	return session, ok
}

func (h *house) loggedIn() *browser {
	b := newBrowser()
	h.begin(b, "operator-1", WayPassword)
	return b
}

func (h *house) mustBe(b *browser, in bool, when string) {
	h.t.Helper()
	if _, ok := h.of(b); ok != in {
		h.t.Errorf("%s: logged in is %v", when, ok)
	}
}

func TestASessionKnowsWhoAndWhatTheyMayDo(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	session, ok := h.of(b)
	if !ok || session.Name != "operator-1" || !session.Allows("retry") || session.Way != WayPassword || !session.Began.Equal(begin) || !session.Ends.Equal(begin.Add(30*time.Minute)) {
		t.Errorf("%+v %v", session, ok)
	}
	h.write(strings.Replace(two, "roles: [operator]", "roles: [viewer]", 1))
	if session, ok = h.of(b); !ok || session.Allows("retry") {
		t.Error("a role that was taken away counts")
	}
	h.write("people: []")
	h.mustBe(b, false, "removed from the file")
}

func TestTheCookieIsKeptFromEverybodyElse(t *testing.T) {
	h := open(t, two)
	for _, test := range []struct {
		base, from string
		proto      string
		secure     bool
	}{
		{"https://console.example.com", "192.0.2.1:1", "", true},
		{"http://console.example.com", "127.0.0.1:1", "", true}, // a proxy on this machine
		{"http://127.0.0.1:8080", "192.0.2.1:1", "", true},
		{"http://127.0.0.1:8080", "127.0.0.1:1", "https", true},
		{"http://127.0.0.1:8080", "127.0.0.1:1", "", false},
		{"http://localhost:8080", "[::1]:1", "", false},
		{"http://[::1]:8080", "[::1]:1", "", false},
		{"http://localhost.example.com", "127.0.0.1:1", "", true},
	} {
		b := &browser{base: test.base, from: test.from, cookies: map[string]*http.Cookie{}}
		r := b.request("GET", "/console", "")
		r.Header.Set("X-Forwarded-Proto", test.proto)
		w := httptest.NewRecorder()
		if err := h.sessions.Begin(w, r, "operator-1", WayPassword); err != nil {
			t.Fatal(err)
		}
		cookie := w.Result().Cookies()[0]
		name := map[bool]string{true: "__Host-miniflow-console", false: "miniflow-console"}[test.secure]
		if cookie.Name != name || cookie.Secure != test.secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("%+v: %+v", test, cookie)
		}
		if strings.Contains(cookie.Value, "operator-1") || !strings.HasPrefix(cookie.Value, "sealed:") {
			t.Errorf("%s shows what it holds", cookie.Value)
		}
	}
}

func TestASessionEndsWhenNobodyIsThere(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	for range 10 { // at work, the end is put off
		h.pass(29 * time.Minute)
		h.mustBe(b, true, "at work")
	}
	kept := b.cookies["__Host-miniflow-console"].Value
	h.pass(renewal - time.Nanosecond)
	h.mustBe(b, true, "a moment later")
	if b.cookies["__Host-miniflow-console"].Value != kept {
		t.Error("the cookie is sent anew at most once a minute")
	}
	h.pass(30*time.Minute - renewal)
	if _, ok := h.sessions.Peek(b.request("GET", "/console", "")); !ok {
		t.Error("just before the end")
	}
	h.pass(time.Nanosecond)
	h.mustBe(b, false, "idle")
}

func TestAPageThatRefreshesItselfPutsNothingOff(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	for range 29 {
		h.pass(time.Minute)
		if _, ok := h.sessions.Peek(b.request("GET", "/console", "")); !ok {
			t.Fatal("not idle yet")
		}
	}
	h.pass(time.Minute)
	h.mustBe(b, false, "idle")
}

func TestASessionEndsWithTheDay(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	for range 47 {
		h.pass(15 * time.Minute)
		h.mustBe(b, true, "at work")
	}
	h.pass(15*time.Minute - time.Nanosecond)
	h.mustBe(b, true, "just before the end")
	h.pass(time.Nanosecond)
	h.mustBe(b, false, "after twelve hours")
}

func TestALogOutEndsEveryCopy(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	stolen := newBrowser()
	for name, cookie := range b.cookies {
		stolen.cookies[name] = cookie
	}
	other := h.loggedIn()
	w := httptest.NewRecorder()
	session, ok := h.sessions.End(w, b.request("POST", LogOutPath, ""))
	b.take(w)
	if !ok || session.Name != "operator-1" || len(b.cookies) != 0 {
		t.Errorf("%+v %v %v", session, ok, b.cookies)
	}
	h.mustBe(stolen, false, "a copy of the cookie")
	h.mustBe(other, true, "another session of the same person")
	if _, ok := h.sessions.End(httptest.NewRecorder(), stolen.request("POST", LogOutPath, "")); ok {
		t.Error("a session ends once")
	}
}

func TestLogOutsBeyondTheListEndEverySession(t *testing.T) {
	ids := newEnded(time.Hour)
	for i := range mostEnded {
		ids.add(string(rune('a'+i%26))+time.Duration(i).String(), begin)
	}
	if ids.has("other", begin.Add(-time.Second), begin) {
		t.Error("not full yet")
	}
	ids.add("one more", begin.Add(time.Minute))
	if len(ids.ids) > mostEnded || !ids.has("a0s", begin, begin.Add(time.Minute)) || !ids.has("other", begin, begin.Add(time.Minute)) || ids.has("new", begin.Add(2*time.Minute), begin.Add(2*time.Minute)) {
		t.Error("what was logged out has to stay out, and what begins later to stay in")
	}
	for i := range 2 * mostEnded { // those that are idle make room
		ids.add(time.Duration(i).String(), begin.Add(time.Duration(i)*time.Hour))
	}
	if !ids.before.Equal(begin.Add(time.Minute)) {
		t.Error("every session was ended without need")
	}
}

func TestSessionsEndInEveryProcess(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	h.pass(time.Minute)
	h.write(strings.Replace(two, "apps: [\"*\"]", "sessions_after: 2026-11-30T09:00:30Z, apps: [\"*\"]", 1))
	h.mustBe(b, false, "begun before sessions_after")
	again := newBrowser()
	h.begin(again, "operator-1", WayPassword)
	h.mustBe(again, true, "begun after it")
}

func TestAClockThatLeadsKeepsNobodyOut(t *testing.T) {
	h := open(t, two)
	b := h.loggedIn()
	h.pass(time.Minute)
	h.write(strings.Replace(two, "apps: [\"*\"]", "sessions_after: 2026-11-30T19:00:00Z, apps: [\"*\"]", 1))
	h.mustBe(b, false, "begun before the file was changed")
	again := newBrowser()
	h.begin(again, "operator-1", WayPassword)
	h.mustBe(again, true, "begun after it")
}

// TestWhoLosesTheWayIsOut: an account that lost its password, or its OIDC, keeps no session of it.
func TestWhoLosesTheWayIsOut(t *testing.T) {
	h := open(t, two)
	for name, ways := range map[string]map[Way]bool{
		"operator-1": {WayPassword: true, WayOIDC: false, "": false}, "auditor-1": {WayPassword: false, WayOIDC: true},
	} {
		for way, in := range ways {
			b := newBrowser()
			h.begin(b, name, way)
			h.mustBe(b, in, name+" by "+string(way))
		}
	}
}

func TestNobodyMakesACookie(t *testing.T) {
	h := open(t, two)
	valid := h.loggedIn().cookies["__Host-miniflow-console"].Value
	text, _ := json.Marshal(cookie{ID: "x", Name: "operator-1", Way: WayPassword, Began: begin.UnixNano(), Seen: begin.UnixNano()})
	sealed := func(r *seal.Ring, context string) string {
		value, err := r.Seal(text, context)
		if err != nil {
			t.Fatal(err)
		}
		return string(value)
	}
	// A ring that reads what was plain once must not read a cookie of that kind.
	lenient, err := NewSessions(SessionOptions{Ring: ring(t, 1, seal.AcceptPlain()), Directory: h.directory, Idle: time.Hour, Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"plain":           sealed(seal.None(), sessionContext),
		"another key":     sealed(ring(t, 2), sessionContext),
		"another purpose": sealed(ring(t, 1), flowContext),
		"cut":             valid[:len(valid)-2],
		"empty":           "",
	} {
		for _, sessions := range []*Sessions{h.sessions, lenient} {
			r := newBrowser().request("GET", "/console", "")
			r.AddCookie(sent("__Host-miniflow-console", value))
			if _, ok := sessions.Peek(r); ok {
				t.Errorf("%s was taken", name)
			}
		}
	}
	r := newBrowser().request("GET", "/console", "")
	r.AddCookie(sent("miniflow-console", valid))
	if _, ok := h.sessions.Peek(r); ok {
		t.Error("the name without __Host- counts only on loopback")
	}
	r.AddCookie(sent("__Host-miniflow-console", valid))
	if _, ok := h.sessions.Peek(r); !ok {
		t.Error("the right one was not taken")
	}
	r.AddCookie(sent("__Host-miniflow-console", valid))
	if _, ok := h.sessions.Peek(r); ok {
		t.Error("two are ambiguous")
	}
}

func TestOddMomentsAreRefused(t *testing.T) {
	h := open(t, two)
	at := func(d time.Duration) int64 { return begin.Add(d).UnixNano() }
	for name, kept := range map[string]cookie{
		"seen in the future":         {Began: at(0), Seen: at(2 * time.Minute)},
		"seen before it began":       {Began: at(0), Seen: at(-time.Minute)},
		"began too long ago":         {Began: at(-Life), Seen: at(0)},
		"not seen for too long":      {Began: at(-time.Hour), Seen: at(-30 * time.Minute)},
		"seen by a clock that leads": {ID: "fine", Began: at(0), Seen: at(30 * time.Second)},
	} {
		fine := kept.ID != ""
		kept.ID, kept.Name, kept.Way = "x", "operator-1", WayPassword
		b := newBrowser()
		w := httptest.NewRecorder()
		if err := h.sessions.set(w, b.request("GET", "/", ""), kept); err != nil {
			t.Fatal(err)
		}
		b.take(w)
		h.mustBe(b, fine, name)
	}
}

func TestNoSessionsWithoutASealingKey(t *testing.T) {
	if _, err := NewSessions(SessionOptions{Ring: seal.None(), Now: time.Now}); err == nil {
		t.Error("`sealing: none` was taken")
	}
}
