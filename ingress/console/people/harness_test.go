package people

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/internal/seal"
)

// password is that of everybody who has one in these tests.
const password = "correct horse battery"

var passwordHash = sync.OnceValue(func() string {
	text, err := HashPassword(password)
	if err != nil {
		panic(err)
	}
	return text
})

// house is a people file, a clock, and what stands on them.
type house struct {
	t         *testing.T
	path      string
	now       time.Time
	log       bytes.Buffer
	directory *Directory
	sessions  *Sessions
	written   int
}

// begin is when the tests take place: long after files were written, so that they are settled.
var begin = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, people string) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(t.TempDir(), "people.yaml"), now: begin}
	h.write(people)
	var err error
	h.directory, err = NewDirectory(DirectoryOptions{
		Path: h.path, Groups: map[string][]string{"hangzhou": {"hz-*", "shop-1"}, "empty": nil},
		Now: h.clock, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.sessions, err = NewSessions(SessionOptions{Ring: ring(t, 1), Directory: h.directory, Idle: 30 * time.Minute, Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) clock() time.Time { return h.now }

func (h *house) pass(d time.Duration) { h.now = h.now.Add(d) }

// write puts another file in the place of the one that is there, each with a time of its own.
func (h *house) write(people string) {
	h.t.Helper()
	people = strings.ReplaceAll(people, "HASH", passwordHash())
	if err := os.WriteFile(h.path, []byte(people), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.written++
	at := begin.Add(-time.Hour + time.Duration(h.written)*time.Millisecond)
	if err := os.Chtimes(h.path, at, at); err != nil {
		h.t.Fatal(err)
	}
}

func ring(t *testing.T, b byte, options ...seal.Option) *seal.Ring {
	t.Helper()
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	made, err := seal.New([]seal.Key{key}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

const two = `people:
  - {name: operator-1, roles: [operator], apps: ["*"], merchants: [hangzhou], password_hash: "HASH"}
  - {name: auditor-1, roles: [auditor, service], apps: ["2021000000000001"], oidc: sub-1}
`
