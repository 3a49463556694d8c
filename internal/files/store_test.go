package files_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/internal/files"
	"miniflow/internal/seal"
)

const (
	app     = "2021000000000001"
	another = "2021000000000002"
	number  = "mf-1"
	secret  = "canary-7c1e-licence"
)

// bench is a store whose clock a test moves, over a backend whose names it can read.
type bench struct {
	t       *testing.T
	backend files.Backend
	store   *files.Store
	at      time.Time
	ended   map[string]bool
	// forgotten are those of the ended that Temporal does not know any more.
	forgotten map[string]bool
}

// backends are those that every promise is tested with.
var backends = map[string]func(t *testing.T) files.Backend{
	"folder": func(t *testing.T) files.Backend { return folder(t, t.TempDir()) },
}

func folder(t *testing.T, dir string) files.Backend {
	t.Helper()
	backend, err := files.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

func ring(t *testing.T) *seal.Ring {
	t.Helper()
	key, err := seal.ParseKey("k", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	made, err := seal.New([]seal.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func each(t *testing.T, test func(b *bench)) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			b := &bench{t: t, backend: open(t), at: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), ended: map[string]bool{}, forgotten: map[string]bool{}}
			b.store = files.New(b.backend, ring(t), func() time.Time { return b.at })
			test(b)
		})
	}
}

func (b *bench) put(appID string) (sum string, added bool) {
	b.t.Helper()
	sum, until, added, err := b.store.Put(b.t.Context(), appID, []byte(secret))
	if err != nil || !until.After(b.at) || until.After(b.at.Add(files.NameableFor)) {
		b.t.Fatalf("put: until %v, %v", until, err)
	}
	return sum, added
}

func (b *bench) opens(appID, sum string) {
	b.t.Helper()
	if content, err := b.store.Open(b.t.Context(), appID, sum); err != nil || string(content) != secret {
		b.t.Errorf("after %v it opens as %q, %v", b.at, content, err)
	}
}

func (b *bench) gone(appID, sum string) {
	b.t.Helper()
	if content, err := b.store.Open(b.t.Context(), appID, sum); !errors.Is(err, files.ErrNone) || content != nil {
		b.t.Errorf("it is still there: %v", err)
	}
}

func (b *bench) names(sum, outOrderNo string, runs, want bool) {
	b.t.Helper()
	if named, err := b.store.Name(b.t.Context(), app, sum, outOrderNo, runs); err != nil || named != want {
		b.t.Errorf("named by %s: %v, %v", outOrderNo, named, err)
	}
}

// sweep moves the clock and sweeps. An order that ended does not say what is not known.
func (b *bench) sweep(later time.Duration) int {
	b.t.Helper()
	b.at = b.at.Add(later)
	deleted, err := b.store.Sweep(b.t.Context(), func(_ context.Context, _, outOrderNo string) (files.Fate, error) {
		over, known := b.ended[outOrderNo]
		switch {
		case !known:
			return files.FateRuns, errors.New("temporal is away")
		case b.forgotten[outOrderNo]:
			return files.FateForgotten, nil
		case over:
			return files.FateEnded, nil
		}
		return files.FateRuns, nil
	})
	if err != nil && !strings.Contains(err.Error(), "temporal is away") {
		b.t.Fatal(err)
	}
	return deleted
}

func (b *bench) all() (names []string) {
	b.t.Helper()
	for name, err := range b.backend.List(b.t.Context(), "") {
		if err != nil {
			b.t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestKeptFileIsReadableForItsAppAlone(t *testing.T) {
	each(t, func(b *bench) {
		sum, added := b.put(app)
		if !added || len(sum) != 64 {
			b.t.Errorf("put: %s, %v", sum, added)
		}
		b.opens(app, sum)
		b.gone(another, sum)
		b.gone(app, strings.Repeat("0", 64))
		b.gone("../"+app, sum)
		b.names("../"+sum, number, false, false)
		for _, name := range b.all() {
			content, err := b.backend.Get(b.t.Context(), name)
			if err != nil || bytes.Contains(content, []byte(secret)) || bytes.Contains(content, []byte(base64.RawURLEncoding.EncodeToString([]byte(secret)))) {
				b.t.Errorf("%s is readable, %v", name, err)
			}
		}
		if _, err := b.backend.Get(b.t.Context(), app+"/"+sum+"/1.file"); !errors.Is(err, files.ErrNone) {
			b.t.Errorf("what is not there: %v", err)
		}
	})
}

// TestMovedOrAlteredFileDoesNotOpen moves the sealed bytes of one file to another's name, and to
// another app, and changes one.
func TestMovedOrAlteredFileDoesNotOpen(t *testing.T) {
	each(t, func(b *bench) {
		ctx := b.t.Context()
		sum, _ := b.put(app)
		sealed, err := b.backend.Get(ctx, b.all()[0])
		if err != nil {
			b.t.Fatal(err)
		}
		altered := bytes.Clone(sealed)
		altered[len(altered)/2] ^= 1
		other := strings.Repeat("a", 64)
		for what, planted := range map[string]struct {
			app, sum string
			content  []byte
		}{
			"at another hash": {app, other, sealed}, "at another app": {another, sum, sealed}, "altered": {another, other, altered},
		} {
			if err := b.backend.Put(ctx, planted.app+"/"+planted.sum+"/1.file", planted.content); err != nil {
				b.t.Fatal(err)
			}
			content, err := b.store.Open(ctx, planted.app, planted.sum)
			if !errors.Is(err, files.ErrUnopened) || content != nil || strings.Contains(err.Error(), secret) {
				b.t.Errorf("%s it opens: %v", what, err)
			}
		}
		// Handed in again, it is whole again.
		if b.put(another); len(b.all()) != 5 {
			b.t.Errorf("kept: %v", b.all())
		}
		b.opens(another, sum)
	})
}

// TestPlainFileIsVerified is for `sealing: none`, which binds nothing.
func TestPlainFileIsVerified(t *testing.T) {
	backend := folder(t, t.TempDir())
	store := files.New(backend, seal.None(), time.Now)
	sum := strings.Repeat("b", 64)
	plain, err := seal.None().Seal([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := backend.Put(t.Context(), app+"/"+sum+"/1.file", []byte(plain)); err != nil {
		t.Fatal(err)
	}
	if content, err := store.Open(t.Context(), app, sum); !errors.Is(err, files.ErrUnopened) || content != nil {
		t.Errorf("another file opens: %v", err)
	}
}

func TestSameFileAgainIsKeptOnce(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		if _, added := b.put(app); added || len(b.all()) != 1 {
			b.t.Errorf("kept: %v, added: %v", b.all(), added)
		}
		b.at = b.at.Add(23 * time.Hour)
		if _, added := b.put(app); added {
			b.t.Error("it is said to be new")
		}
		b.at = b.at.Add(23 * time.Hour)
		b.names(sum, number, false, true) // because it was handed in again
		b.sweep(0)
		if left := b.all(); len(left) != 2 {
			b.t.Errorf("the first one is still kept: %v", left)
		}
		b.opens(app, sum)
		b.at = b.at.Add(files.NameableFor)
		if _, added := b.put(app); !added {
			b.t.Error("one whose time is over is not said to be new")
		}
	})
}

func TestUnnamedFileIsDeletedAfterItsTime(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		b.sweep(files.NameableFor + 59*time.Minute)
		b.opens(app, sum)
		b.names(sum, number, false, false) // a sweep may be about to take it
		if deleted := b.sweep(time.Minute); deleted != 1 || len(b.all()) != 0 {
			b.t.Errorf("%d deleted, %v left", deleted, b.all())
		}
		b.gone(app, sum)
	})
}

func TestNamedFileIsKeptUntilItsOrdersHaveEnded(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		b.at = b.at.Add(files.NameableFor - time.Minute)
		b.names(sum, number, false, true)
		b.names(sum, strings.ToUpper(number), false, true)
		b.sweep(90 * 24 * time.Hour) // nobody knows whether it has ended
		b.opens(app, sum)
		b.ended[number], b.ended[strings.ToUpper(number)] = true, false
		b.sweep(0)
		b.opens(app, sum)
		b.names(sum, strings.ToUpper(number), true, true)
		b.names(sum, strings.ToUpper(number), false, false)
		b.names(sum, "mf-2", true, false)
		b.ended[strings.ToUpper(number)] = true
		if deleted := b.sweep(0); deleted != 1 || len(b.all()) != 0 {
			b.t.Errorf("%d deleted, %v left", deleted, b.all())
		}
	})
}

// TestOrderThatNamesAFileLateKeepsIt is the last moment at which an order can name a file: the sweep
// has no reason to be any the wiser an hour later.
func TestOrderThatNamesAFileLateKeepsIt(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		b.at = b.at.Add(files.NameableFor - time.Millisecond)
		b.names(sum, number, false, true)
		b.ended[number] = true // Temporal does not know it yet
		b.sweep(time.Hour + time.Minute)
		b.opens(app, sum)
	})
}

func TestWhatIsNotOursIsLeftAlone(t *testing.T) {
	each(t, func(b *bench) {
		sum := strings.Repeat("c", 64)
		strangers := []string{"notes/a/b", app + "/" + sum + "/x.file", app + "/" + sum + "/1.zz.named", app + "/" + sum + "/1.tmp"}
		for _, name := range strangers {
			if err := b.backend.Put(b.t.Context(), name, []byte("x")); err != nil {
				b.t.Fatal(err)
			}
		}
		b.sweep(1000 * time.Hour)
		if left := b.all(); len(left) != len(strangers) {
			b.t.Errorf("left: %v", left)
		}
		b.gone(app, sum)
	})
}

func TestFolderIsForItsUserAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	store := files.New(folder(t, dir), ring(t), time.Now)
	if _, _, _, err := store.Put(t.Context(), app, []byte(secret)); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		info, failure := entry.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", entry.Name(), info.Mode())
		}
		seen++
		return errors.Join(err, failure)
	})
	if err != nil || seen != 5 {
		t.Errorf("%d entries, %v", seen, err)
	}
}

func TestHalfWrittenFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	store := files.New(folder(t, dir), ring(t), time.Now)
	old, young := filepath.Join(dir, ".partial", "OLD"), filepath.Join(dir, ".partial", "YOUNG")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	folder(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old one is there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("another process's was removed: %v", err)
	}
	for name, err := range folder(t, dir).List(t.Context(), "") {
		t.Errorf("listed: %s, %v", path.Base(name), err)
	}
	if _, err := store.Sweep(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
