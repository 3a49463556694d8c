package embedded

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// browser asks the Web UI under a Host of its choice.
type browser struct{ ui string }

func (b browser) do(t *testing.T, method, path, host string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+b.ui+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestTheWebUI(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	b := browser{ui: s.UIAddress()}
	tests := map[string]struct {
		method, path, host string
		status             int
		body               string // a part of it
	}{
		"the page":                     {"GET", "/namespaces/default/workflows", "", 200, "<html"},
		"under the name localhost":     {"GET", "/", "localhost:8233", 200, "<html"},
		"its data come from Temporal":  {"GET", "/api/v1/namespaces/default", "", 200, `"name": "default"`},
		"it calls nobody":              {"GET", "/api/v1/settings", "", 200, `"NotifyOnNewVersion":false`},
		"it fetches no news":           {"GET", "/api/v1/settings", "", 200, `"DisableNewsFetch":true`},
		"a page of a foreign name":     {"GET", "/", "evil.example", 421, "localhost"},
		"data under a foreign name":    {"GET", "/api/v1/namespaces/default", "evil.example:8233", 421, "localhost"},
		"a write without a CSRF token": {"POST", "/api/v1/namespaces/default/workflows/x", "", 400, "csrf"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res, body := b.do(t, tt.method, tt.path, tt.host)
			if res.StatusCode != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("%s %s: %d %.300s\nwant %d with %s", tt.method, tt.path, res.StatusCode, body, tt.status, tt.body)
			}
		})
	}
}

func TestTheCSRFCookieWorksOnPlainHTTP(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	res, _ := browser{ui: s.UIAddress()}.do(t, http.MethodGet, "/", "")
	found := false
	for _, c := range res.Cookies() {
		if c.Name != "_csrf" {
			continue
		}
		found = true
		if c.Secure || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("a browser would drop, or send to strangers, %v", c)
		}
	}
	if !found {
		t.Errorf("no CSRF cookie among %v", res.Cookies())
	}
}
