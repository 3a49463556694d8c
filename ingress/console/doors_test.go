package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/ingress/console/people"
	"miniflow/words"
)

// route is one of the console's, with an address of it.
type route struct{ method, pattern, address string }

// open are the routes that nobody has to be logged in for.
var openRoutes = []string{
	Path + "/assets/*", Path + "/language", people.LogInPath, people.LogOutPath, people.OIDCStartPath, people.OIDCCallbackPath,
}

var inAddress = strings.NewReplacer("{app}", app, "{no}", no, "{id}", "n-1", "{act}", "replay", "{command}", "withdraw", "{sum}", pictureSum, "*", "x")

// routes walks those that the console has, so that a new one can't be forgotten.
func (h *house) routes(alsoOpen bool) (all []route) {
	h.t.Helper()
	err := chi.Walk(h.console.router.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if alsoOpen || !slices.Contains(openRoutes, pattern) {
			all = append(all, route{method, pattern, inAddress.Replace(pattern)})
		}
		return nil
	})
	h.must(err)
	if len(all) < 20 {
		h.t.Fatalf("the console has %d routes", len(all))
	}
	return append(all, route{http.MethodGet, "", to("nothing")}, route{http.MethodPost, "", to("nothing")}, route{http.MethodPost, "", to("orders")}, route{http.MethodDelete, "", to("orders", app, no)})
}

func (h *house) request(r route) *http.Request {
	if r.method == http.MethodPost {
		return h.form(r.address, nil)
	}
	return httptest.NewRequestWithContext(h.t.Context(), r.method, r.address, nil)
}

// TestNobodyGetsPastTheDoor: whoever is not logged in is led to where they can be, and the REST API
// is not asked for them.
func TestNobodyGetsPastTheDoor(t *testing.T) {
	h := open(t)
	forged := &http.Cookie{Name: "miniflow-console", Value: "plain:" + `{"id":"1","name":"release-1"}`} //nolint:gosec // as a stranger's would be
	for _, r := range h.routes(false) {
		for _, cookies := range [][]*http.Cookie{nil, {forged}} {
			answer := h.do(h.request(r), cookies...)
			want := people.LogInPath
			if r.method == http.MethodGet {
				want += "?" + url.Values{"next": {r.address}}.Encode()
			}
			if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != want {
				t.Errorf("%s %s is answered %d, to %q", r.method, r.address, answer.Code, answer.Header().Get("Location"))
			}
		}
	}
	if len(h.api.asked) > 0 {
		t.Errorf("the REST API was asked %+v", h.api.asked)
	}
}

// TestWhoIsRemovedIsOut at the next request, and so is who has logged out or done nothing.
func TestWhoIsRemovedIsOut(t *testing.T) {
	for name, leave := range map[string]func(h *house, who *http.Cookie){
		"removed": func(h *house, _ *http.Cookie) {
			file := everybody()
			h.must(file.Remove("operator-1"))
			h.write(file)
		},
		"logged out": func(h *house, who *http.Cookie) { h.do(h.form(people.LogOutPath, nil), who) },
		"idle":       func(h *house, _ *http.Cookie) { h.now = h.now.Add(30 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.answers(plain())
			who := h.logIn("operator-1")
			h.page(to("orders"), words.English, who)
			leave(h, who)
			h.api.asked = nil
			for _, r := range h.routes(false) {
				if answer := h.do(h.request(r), who); answer.Code != http.StatusSeeOther || !strings.HasPrefix(answer.Header().Get("Location"), people.LogInPath) {
					t.Errorf("%s %s is answered %d, to %q", r.method, r.address, answer.Code, answer.Header().Get("Location"))
				}
			}
			if len(h.api.asked) > 0 {
				t.Errorf("the REST API was asked %+v", h.api.asked)
			}
		})
	}
}

// TestAPageThatReadsItselfKeepsNobodyIn: only what a person does puts the end off.
func TestAPageThatReadsItselfKeepsNobodyIn(t *testing.T) {
	for name, c := range map[string]struct {
		address, header string
		slides          bool
	}{
		"opened": {to("orders"), "", true}, "read by the script": {to("orders"), "1", false},
		"read without one": {again(to("orders")), "", false}, "with a query": {again(to("orders") + "?q=x"), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.answers(plain())
			who := h.logIn("viewer-1")
			h.now = h.now.Add(20 * time.Minute)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.address, nil)
			if c.header != "" {
				r.Header.Set("Miniflow-Live", c.header)
			}
			answer := h.do(r, who)
			slid := slices.ContainsFunc(answer.Result().Cookies(), func(cookie *http.Cookie) bool { return cookie.Name == who.Name })
			if answer.Code != http.StatusOK || slid != c.slides {
				t.Errorf("it is answered %d, and the session goes on: %t, want %t", answer.Code, slid, c.slides)
			}
			if strings.Contains(answer.Body.String(), `name="back" value="`+again(to("orders"))) {
				t.Error("the mark of the reading is part of where the page leads back to")
			}
		})
	}
}

// TestOtherSitesCanPostNothing, not even a log-out.
func TestOtherSitesCanPostNothing(t *testing.T) {
	h := open(t)
	who := h.logIn("release-1")
	for _, r := range h.routes(true) {
		if r.method != http.MethodPost {
			continue
		}
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			request := h.request(r)
			request.Header.Set(header, value)
			if answer := h.do(request, who); answer.Code != http.StatusForbidden {
				t.Errorf("a post to %s from another site, as %s says, is answered %d", r.address, header, answer.Code)
			}
		}
	}
	if len(h.api.asked) > 0 {
		t.Errorf("the REST API was asked %+v", h.api.asked)
	}
	if answer := h.get(to("orders"), words.English, who); answer.Code == http.StatusSeeOther {
		t.Error("a post from another site has logged somebody out")
	}
}

// TestEveryAnswerIsGuarded: by the policy, and nothing but files is kept by a browser.
func TestEveryAnswerIsGuarded(t *testing.T) {
	h := open(t)
	h.answers(plain())
	who := h.logIn("release-1")
	all := h.routes(true)
	for name := range h.console.assets {
		all = append(all, route{http.MethodGet, "", h.console.assets.address(name)})
	}
	for _, r := range all {
		for _, cookies := range [][]*http.Cookie{nil, {who}} {
			if r.pattern == people.LogOutPath && cookies != nil {
				continue
			}
			answer := h.do(h.request(r), cookies...)
			header, isFile := answer.Header(), strings.Contains(r.address, "/assets/") && answer.Code == http.StatusOK
			if header.Get("Content-Security-Policy") != policy || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
				t.Errorf("%s %s (%d) is guarded by %v", r.method, r.address, answer.Code, header)
			}
			if caching := header.Get("Cache-Control"); isFile != strings.Contains(caching, "immutable") || !isFile && caching != "no-store" {
				t.Errorf("%s %s may be kept: %s", r.method, r.address, caching)
			}
		}
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
			t.Errorf("the policy is %s", policy)
		}
	}
}

// TestFilesHaveTheirHash: another one is no address, since a browser keeps what it got for good.
func TestFilesHaveTheirHash(t *testing.T) {
	h := open(t)
	for name, kind := range map[string]string{"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		answer := h.get(h.console.assets.address(name), words.English)
		if answer.Code != http.StatusOK || !strings.HasPrefix(answer.Header().Get("Content-Type"), kind) || answer.Body.Len() == 0 {
			t.Errorf("%s is answered %d as %s", name, answer.Code, answer.Header().Get("Content-Type"))
		}
	}
	for _, path := range []string{"/assets/0123456789ab/console.css", "/assets/console.css", "/assets//console.css", "/assets/" + h.console.assets["icon.svg"].hash + "/console.css", "/assets/../console.go", "/assets/"} {
		if answer := h.get(Path+path, words.English); answer.Code != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, answer.Code)
		}
	}
}

// leads are addresses that a form or a link may give to come back to, and where that leads.
var leads = map[string]string{
	"": Path, Path: Path, "/console/orders": "/console/orders", "/console/orders?q=%E5%B0%8F&x=1": "/console/orders?q=%E5%B0%8F&x=1", "/console/orders/a%2Fb/c": "/console/orders/a%2Fb/c",
	"/": Path, "/v1/orders": Path, "/consoles": Path, "//evil.example": Path, "//evil.example/console": Path, "///evil.example/console": Path, "https://evil.example/console": Path,
	"https:/console": Path, "https:console": Path, "javascript:alert(1)//console": Path, `/\evil.example/console`: Path, `/console\..\..\evil`: Path, `\\evil.example\console`: Path,
	"/console/../v1/orders": Path, "/console/..//evil.example": Path, "/console/%2e%2e//evil.example": Path, "/console/%zz": Path, "console": Path, " /console": Path,
	"/console/\r\nSet-Cookie: x=1": Path, "/console@evil.example": Path, "//user@evil.example/console": Path, "/console/orders#x": "/console/orders",
}

// TestNothingLeadsElsewhere: neither after a choice of language or a note, nor after a log-in.
func TestNothingLeadsElsewhere(t *testing.T) {
	h := open(t)
	for given, want := range leads {
		answer := h.do(h.form(Path+"/language", url.Values{"to": {"zh-CN"}, "back": {given}}))
		if at := answer.Header().Get("Location"); answer.Code != http.StatusSeeOther || at != want {
			t.Errorf("a language and %q leads to %q, want %q", given, at, want)
		}
		answer = h.do(h.form(people.LogInPath, url.Values{"name": {"viewer-1"}, "password": {password}, "next": {given}}))
		if at := answer.Header().Get("Location"); answer.Code != http.StatusSeeOther || at != want {
			t.Errorf("a log-in and %q leads to %q, want %q", given, at, want)
		}
	}
}

// TestALanguageIsChosenAndKept: by the cookie before the browser's own, and by nothing else.
func TestALanguageIsChosenAndKept(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		to, accept string
		want       words.Language
	}{
		{"zh-CN", "en", words.Chinese}, {"en", "zh-CN", words.English}, {"", "zh", words.English}, {"<script>", "zh", words.English},
	} {
		answer := h.do(h.form(Path+"/language", url.Values{"to": {c.to}}))
		cookie := answer.Result().Cookies()[0]
		if cookie.Path != Path || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge < 300*24*3600 {
			t.Errorf("the cookie is %s", cookie)
		}
		page := h.get(people.LogInPath, words.Language(c.accept), cookie)
		if page.Header().Get("Content-Language") != string(c.want) || !strings.Contains(page.Body.String(), `<html lang="`+string(c.want)+`">`) {
			t.Errorf("who has chosen %q gets %s", c.to, page.Header().Get("Content-Language"))
		}
	}
	for accept, want := range map[string]words.Language{"": words.English, "zh-TW,zh;q=0.9,en;q=0.8": words.Chinese, "fr": words.English, "en-US,zh;q=0.5": words.English} {
		if got := h.get(people.LogInPath, words.Language(accept)).Header().Get("Content-Language"); got != string(want) {
			t.Errorf("%q gets %s", accept, got)
		}
	}
	h.answers(plain())
	h.get(to("orders"), words.Chinese, h.logIn("viewer-1"))
	for _, question := range h.api.asked {
		if question.Header.Get("Accept-Language") != "zh-CN" {
			t.Errorf("%s was asked in %s", question.Path, question.Header.Get("Accept-Language"))
		}
	}
}

// TestAPageIsComeBackTo after the language was changed on it, also on the one that says why a form was
// refused, whose own address takes no GET.
func TestAPageIsComeBackTo(t *testing.T) {
	h := open(t)
	order, attend := to("orders", app, no), to("attention", app, "order:"+no, "assign")
	for _, c := range []struct{ path, from, want string }{
		{attend, "https://console.example" + order + "?view=calls", order + "?view=calls"},
		{attend, "https://elsewhere.example/x", Path},
		{attend, "", Path},
		{attend, "%", Path},
		{to("orders", app, no, "do", "resubmit"), "https://console.example" + order, to("orders", app, no, "do", "resubmit")},
	} {
		r := h.form(c.path, url.Values{"text": {"x"}})
		r.Header.Set("Referer", c.from)
		answer := h.do(r, h.logIn("operator-1"))
		if answer.Code < 400 || !strings.Contains(answer.Body.String(), `name="back" value="`+c.want+`"`) {
			t.Errorf("%s from %q is answered %d: %s", c.path, c.from, answer.Code, answer.Body)
		}
	}
}
