package console

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/console/people"
	"miniflow/internal/seal"
	"miniflow/words"
)

// noon is when the tests take place: an hour at which it is another day in Beijing than where the
// machine may be.
var noon = time.Date(2026, 11, 30, 17, 30, 0, 0, time.UTC)

// heard is one question that the fake REST API was asked, and by whom.
type heard struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
	Who          person
}

// fakeAPI answers by method and path, and writes down what it was asked.
type fakeAPI struct {
	mutex   sync.Mutex
	answers map[string]any
	asked   []heard
}

// refusing is an answer that is a problem.
type refusing struct{ problem.Problem }

// raw is an answer that is no JSON of ours.
type raw struct {
	status  int
	content string
	header  http.Header
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	question := heard{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body), personOf(r)}
	f.mutex.Lock()
	f.asked = append(f.asked, question)
	answer, known := f.answers[r.Method+" "+r.URL.Path]
	f.mutex.Unlock()
	if answering, ok := answer.(func(heard) any); ok {
		answer = answering(question)
	}
	if !known {
		answer = refuses(http.StatusNotFound, "there is none")
	}
	switch answer := answer.(type) {
	case raw:
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.content)
	case refusing:
		w.WriteHeader(answer.Status)
		_ = json.NewEncoder(w).Encode(answer.Problem)
	default:
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// refuses makes a problem; errors are fields and what is wrong with them, in turn.
func refuses(status int, detail string, errors ...string) refusing {
	p := refusing{}
	p.Status, p.Title, p.Detail = status, words.Plain("It is refused"), words.Plain(detail)
	for i := 0; i+1 < len(errors); i += 2 {
		p.Errors = append(p.Errors, problem.FieldProblem{Field: errors[i], Message: words.Plain(errors[i+1])})
	}
	return p
}

// of returns the questions of one method and path.
func (f *fakeAPI) of(question string) (found []heard) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, one := range f.asked {
		if one.Method+" "+one.Path == question {
			found = append(found, one)
		}
	}
	return found
}

// posts returns all that was not only read.
func (f *fakeAPI) posts() (found []heard) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, one := range f.asked {
		if one.Method != http.MethodGet {
			found = append(found, one)
		}
	}
	return found
}

// house is a console before a fake REST API, with everybody who may use it in a file.
type house struct {
	t       *testing.T
	api     *fakeAPI
	console *Console
	now     time.Time
	log     bytes.Buffer
	file    string
	let     map[string]*http.Cookie
}

const password = "correct horse battery"

var passwordHash = sync.OnceValue(func() string {
	hash, err := people.HashPassword(password)
	if err != nil {
		panic(err)
	}
	return hash
})

// everybody has one account for each role, with its name.
func everybody() people.File {
	file := people.File{People: []people.Person{}}
	for _, role := range people.Roles() {
		file.People = append(file.People, people.Person{Name: string(role) + "-1", Roles: []people.Role{role}, Apps: []string{"*"}, PasswordHash: passwordHash()})
	}
	return file
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: noon, file: filepath.Join(t.TempDir(), "people.yaml"), api: &fakeAPI{answers: map[string]any{}}, let: map[string]*http.Cookie{}}
	h.write(everybody())
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	directory, err := people.NewDirectory(people.DirectoryOptions{Path: h.file, Now: h.clock, Log: log})
	h.must(err)
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, seal.KeySize)))
	h.must(err)
	ring, err := seal.New([]seal.Key{key})
	h.must(err)
	sessions, err := people.NewSessions(people.SessionOptions{Ring: ring, Directory: directory, Idle: 30 * time.Minute, Now: h.clock})
	h.must(err)
	h.console, err = New(Config{
		API: h.api, Apps: []string{app, "2021000000000002"}, Log: log, Now: h.clock,
		People: &people.Handler{
			Directory: directory, Sessions: sessions, Address: people.Addresses(nil), Now: h.clock, Log: log,
			Audit: func(context.Context, people.Entry) error { return nil },
		},
	})
	h.must(err)
	return h
}

func (h *house) clock() time.Time { return h.now }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// write puts another people file in the place of the one that is there.
func (h *house) write(file people.File) {
	h.t.Helper()
	h.must(os.RemoveAll(h.file))
	h.must(people.Change(h.file, nil, func(into *people.File) error { *into = file; return nil }))
}

// logIn returns the cookie of somebody who has logged in.
func (h *house) logIn(name string) *http.Cookie {
	h.t.Helper()
	if cookie := h.let[name]; cookie != nil {
		return cookie
	}
	answer := h.do(h.form("/console/log-in", url.Values{"name": {name}, "password": {password}}))
	for _, cookie := range answer.Result().Cookies() {
		if strings.Contains(cookie.Name, "miniflow-console") {
			h.let[name] = cookie
			return cookie
		}
	}
	h.t.Fatalf("%s is not let in: %d %s", name, answer.Code, answer.Body)
	return nil
}

// do sends a request as a browser on this machine would.
func (h *house) do(r *http.Request, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	h.t.Helper()
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	r.RemoteAddr, r.Host = "127.0.0.1:50000", "127.0.0.1:8080"
	answer := httptest.NewRecorder()
	h.console.ServeHTTP(answer, r)
	return answer
}

func (h *house) form(path string, fields url.Values) *http.Request {
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// get reads a page in a language as somebody.
func (h *house) get(path string, language words.Language, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", string(language))
	return h.do(r, cookies...)
}

// page reads a page that has to be shown.
func (h *house) page(path string, language words.Language, cookies ...*http.Cookie) string {
	h.t.Helper()
	answer := h.get(path, language, cookies...)
	if answer.Code != http.StatusOK {
		h.t.Fatalf("%s is answered %d: %s\n%s", path, answer.Code, answer.Body, &h.log)
	}
	return answer.Body.String()
}
