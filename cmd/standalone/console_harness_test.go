package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/outside"
	"miniflow/ingress/console/people"
)

// consolePassword is that of everybody in these tests but the standalone's own account.
const consolePassword = "correct horse battery"

// elsewhere is a person with every right of release, for other merchants than those of the test.
const elsewhere = "elsewhere-1"

// atConsole is a process of `miniflow serve` with the REST API and its console, as in production, beside
// a standalone whose Temporal and Alipay it uses. Its console has a person of each role, each with a
// browser.
type atConsole struct {
	*standalone
	// base is where the console is, and audit its log's folder.
	base, audit string
	browsers    map[string]*http.Client
}

func openConsole(t *testing.T) *atConsole {
	t.Helper()
	c := &atConsole{standalone: startStandalone(t, slow...), browsers: map[string]*http.Client{"nobody": browser(nil)}}
	dir := t.TempDir()
	c.audit = filepath.Join(dir, "audit")
	file, config := filepath.Join(dir, "people.yaml"), filepath.Join(dir, "miniflow.yaml")
	names := c.people(file)
	if err := os.WriteFile(config, []byte(c.configuration(file)), 0o600); err != nil {
		t.Fatal(err)
	}
	serve, err := outside.Start(t.Context(), miniflow, []string{"serve", "--config", config, "--roles", "api"}, []string{"TEMPORAL_ADDRESS=" + c.at.Temporal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("miniflow serve ends:\n%s", serve.Output())
		}
	})
	eventually(t, patience, "the process serves", func() error {
		c.base = "http://" + servedAt(serve.Output())
		_, err := c.send(http.MethodGet, c.base+"/readyz", nil, nil)
		return err
	})
	for _, name := range names {
		c.logIn(name, consolePassword)
	}
	return c
}

// people writes a file with a person of each role, and one for other merchants.
func (c *atConsole) people(path string) (names []string) {
	c.t.Helper()
	hash, err := people.HashPassword(consolePassword)
	if err != nil {
		c.t.Fatal(err)
	}
	file := people.File{People: []people.Person{{Name: elsewhere, Roles: []people.Role{people.RoleRelease}, Apps: []string{"*"}, Merchants: []string{"others"}, PasswordHash: hash}}}
	for _, role := range people.Roles() {
		file.People = append(file.People, people.Person{Name: string(role) + "-1", Roles: []people.Role{role}, Apps: []string{"*"}, PasswordHash: hash})
	}
	if err := people.Change(path, nil, func(into *people.File) error { *into = file; return nil }); err != nil {
		c.t.Fatal(err)
	}
	for _, person := range file.People {
		names = append(names, person.Name)
	}
	return names
}

func (c *atConsole) configuration(people string) string {
	return fmt.Sprintf(`listen: 127.0.0.1:0
apps:
  - app_id: %q
    endpoint: %s/gateway.do
    private_key_file: %s
    alipay_public_keys:
      - key_file: %s
api_keys:
  - name: backend
    key: "sha256:%s"
    apps: ["*"]
    scopes: [read]
sealing:
  keys:
    - id: standalone
      key_file: %s
files:
  store: {folder: %s}
audit: {dir: %s}
console:
  people_file: %s
  merchant_groups: {others: ["other-*"]}
log: {format: json}
`, appID, c.at.Simulator, c.keyFile("app_private.pem"), c.keyFile("alipay_public.pem"), strings.Repeat("ab", 32),
		c.path("sealing-key"), c.path("files"), c.audit, people)
}

// servedAt finds the address that serve logs when it begins.
func servedAt(output []byte) string {
	for text := range bytes.Lines(output) {
		var line struct{ Msg, Listen string }
		if json.Unmarshal(text, &line) == nil && line.Msg == "serving" {
			return line.Listen
		}
	}
	return ""
}

// browser sends a cookie with every request, and does not follow where it is led.
func browser(cookie *http.Cookie) *http.Client {
	return &http.Client{
		Transport:     withCookie{cookie},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type withCookie struct{ cookie *http.Cookie }

func (w withCookie) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.cookie != nil {
		r = r.Clone(r.Context())
		r.AddCookie(w.cookie)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (c *atConsole) logIn(name, password string) {
	c.t.Helper()
	eventually(c.t, patience, name+" is let in", func() error {
		answer := c.browse("nobody", http.MethodPost, "/console/log-in", url.Values{"name": {name}, "password": {password}}, nil)
		for _, cookie := range (&http.Response{Header: answer.header}).Cookies() {
			if cookie.Name == "miniflow-console" {
				c.browsers[name] = browser(cookie)
				return nil
			}
		}
		return errNotYet
	})
}

// browse does what somebody does on a page. A picture is for the field submission.files.app_logo.
func (c *atConsole) browse(who, method, path string, fields url.Values, picture []byte) reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	kind := "application/x-www-form-urlencoded"
	switch {
	case strings.HasPrefix(path, "/console/files"):
		body.Write(picture)
		kind = "application/octet-stream"
	case picture != nil:
		kind = form.FormDataContentType()
		for name, values := range fields {
			_ = form.WriteField(name, values[0]) // into memory
		}
		part, err := form.CreateFormFile("submission.files.app_logo", "logo.png")
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = part.Write(picture)
		_ = form.Close()
	default:
		body.WriteString(fields.Encode())
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, &body)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	answer, err := c.browsers[who].Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, text}
}

// get reads a page.
func (c *atConsole) get(who, path string) reply {
	c.t.Helper()
	return c.browse(who, http.MethodGet, path, nil, nil)
}

// auditLine is one line of the audit log.
type auditLine struct {
	At                       time.Time
	Who, Role, Address       string
	Action, Outcome, Problem string
	Detail                   struct {
		OutOrderNo string `json:"out_order_no"`
		NotifyID   string `json:"notify_id"`
		Revealed   []string
	}
}

func (c *atConsole) auditLog() (all []auditLine) {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.audit, "*.jsonl"))
	if err != nil || len(files) == 0 {
		c.t.Fatalf("there is no audit log: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var one auditLine
			if err := json.Unmarshal(line, &one); err != nil {
				c.t.Fatalf("%s: %v", line, err)
			}
			all = append(all, one)
		}
	}
	return all
}
