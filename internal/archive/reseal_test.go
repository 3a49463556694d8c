package archive_test

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"miniflow/internal/archive"
	"miniflow/internal/seal"
)

func rotated(t *testing.T, ids ...string) *seal.Ring {
	t.Helper()
	var keys []seal.Key
	for _, id := range ids {
		key, err := seal.ParseKey(id, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{map[string]byte{"k": 7, "new": 8}[id]}, seal.KeySize)))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	made, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestAResealedArchiveNeedsNoOldKey: the salt, orders and so the numbers that were purged are known
// under the new key alone, and without it before nothing was changed.
func TestAResealedArchiveNeedsNoOldKey(t *testing.T) {
	b := open(t)
	b.keep(entryOf(number, ref, closed), true)
	b.keep(entryOf("other", "other", closed), true)
	if _, err := b.store.Purge(t.Context(), app, "purged", ref); err != nil {
		t.Fatal(err)
	}
	before := b.names()
	for _, step := range []struct {
		name        string
		ring        *seal.Ring
		really      bool
		old, broken int
	}{
		{"a look", rotated(t, "new", "k"), false, 3, 0}, // two orders and the salt
		{"without the old key", rotated(t, "new"), true, 3, 3},
		{"really", rotated(t, "new", "k"), true, 3, 0},
		{"again", rotated(t, "new", "k"), true, 0, 0},
	} {
		if old, broken, err := b.store.Reseal(t.Context(), step.ring, step.really); err != nil || old != step.old || broken != step.broken {
			t.Errorf("%s: %d under other keys, %d broken, %v", step.name, old, broken, err)
		}
	}
	b.store = archive.New(b.backend, rotated(t, "new"), time.Now)
	kept, found := b.find(app, number)
	if entry, err := b.store.Read(t.Context(), kept); !found || err != nil || entry.Order.MerchantRef != ref {
		t.Errorf("read %+v, %v", entry, err)
	}
	if kept, found := b.find(app, "purged"); !found || !kept.Purged {
		t.Errorf("the purged number is %+v", kept)
	}
	if after := b.names(); len(after) != len(before) {
		t.Errorf("kept are %v, before %v", after, before)
	}
}
