package embedded

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/server/common/config"
)

func prepare(t *testing.T, dir string) (stores, string, error) {
	t.Helper()
	var log bytes.Buffer
	files := storesIn(dir)
	err := files.prepare(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	return files, log.String(), err
}

func TestFilesAreNamedAfterTheMinorVersion(t *testing.T) {
	files := storesIn("data")
	if got, want := files.temporal, filepath.Join("data", "temporal-1.32.sqlite"); got != want {
		t.Errorf("%s, want %s: with a new server, say in the release notes that stores start anew", got, want)
	}
}

// A directory's name may hold all that means something else in a URI.
func TestFilesAreMadeWhereTheyBelong(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "数据 100%#?&[a]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	files, log, err := prepare(t, dir)
	if err != nil || log != "" {
		t.Fatalf("prepare: %v, said %q", err, log)
	}
	if err := ensureNamespace(t.Context(), durable(files.temporal), mustDefaults(t, testConfig(dir))); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "temporal-1.32.sqlite") && !strings.HasPrefix(e.Name(), "visibility-1.32.sqlite") {
			t.Errorf("a stray file %q", e.Name())
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %s", e.Name(), info.Mode())
		}
	}
	parent, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(parent) != 1 {
		t.Errorf("files beside the directory: %v, %v", parent, err)
	}
}

func TestAFileHasItsNameOnlyWhenItIsWhole(t *testing.T) {
	dir := t.TempDir()
	files, _, err := prepare(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	// No journal and no WAL beside it: every page is in the file that was renamed.
	for _, path := range []string{files.temporal, files.visibility} {
		beside, err := filepath.Glob(path + "-*")
		if err != nil || len(beside) > 0 {
			t.Errorf("a part of %s is elsewhere: %v, %v", path, beside, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() < 100_000 {
			t.Errorf("%s is not the whole schema: %v, %v", path, info, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, draftPrefix+"*")); len(left) > 0 {
		t.Errorf("drafts left: %v", left)
	}
}

// openSQLite opens a store beside the server, the way the server's plugin does.
func openSQLite(t *testing.T, store *config.SQL) *sql.DB {
	t.Helper()
	params := url.Values{}
	for name, value := range store.ConnectAttributes {
		params.Add("_pragma", name+"="+value) // mode is none; SQLite overlooks it
	}
	db, err := sql.Open("sqlite", "file:"+store.DatabaseName+"?"+params.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// SQLite ignores a pragma it doesn't know, so a misspelt promise would be silent.
func TestTheFilesAreOpenedDurably(t *testing.T) {
	files, _, err := prepare(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db := openSQLite(t, durable(files.temporal))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		var got string
		if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestPrepareKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	files, _, err := prepare(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(files.temporal)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := prepare(t, dir); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(files.temporal)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the store was made again: %v", err)
	}
}

func TestPrepareAfterAnAccident(t *testing.T) {
	dir := t.TempDir()
	draft := filepath.Join(dir, draftPrefix+"123")
	if err := os.WriteFile(draft, []byte("half a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, _, err := prepare(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(draft); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the draft of a dead process is still there: %v", err)
	}

	// Only a hand can have removed the index; an empty one would hide all orders.
	if err := os.Remove(files.visibility); err != nil {
		t.Fatal(err)
	}
	if _, _, err := prepare(t, dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lost index: %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := os.Stat(files.visibility); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty index was made: %v", err)
	}
}

func TestPrepareSpeaksOfOtherVersions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[odd]*")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "temporal-1.31.sqlite"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, log, err := prepare(t, dir)
	if err != nil || !strings.Contains(log, "temporal-1.31.sqlite") {
		t.Errorf("prepare: %v, said %q", err, log)
	}
	if _, log, err = prepare(t, dir); err != nil || log != "" {
		t.Errorf("a second start: %v, said %q; want no word", err, log)
	}
}
