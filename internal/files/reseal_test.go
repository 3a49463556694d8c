package files_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"miniflow/internal/files"
	"miniflow/internal/seal"
)

// rotated is a ring that seals under a new key, and opens what the old one sealed where that is kept.
func rotated(t *testing.T, keepOld bool) *seal.Ring {
	t.Helper()
	var keys []seal.Key
	for id, with := range map[string]byte{"new": 8, "k": 7} {
		key, err := seal.ParseKey(id, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{with}, seal.KeySize)))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case id == "new":
			keys = append([]seal.Key{key}, keys...)
		case keepOld:
			keys = append(keys, key)
		}
	}
	made, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (b *bench) reseal(ring *seal.Ring, really bool, wantOld, wantBroken int) {
	b.t.Helper()
	if old, broken, err := b.store.Reseal(b.t.Context(), ring, really); err != nil || old != wantOld || broken != wantBroken {
		b.t.Errorf("%d under other keys, %d broken, %v; want %d, %d", old, broken, err, wantOld, wantBroken)
	}
}

// TestAResealedFileOpensWithoutTheOldKey. What does not open stays as it is, a look changes nothing,
// and the names that orders gave a file stay too.
func TestAResealedFileOpensWithoutTheOldKey(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		b.put(another)
		b.names(sum, number, false, true)
		before := b.all()
		ruined := another + "/" + strings.Repeat("c", 64) + "/1.file"
		if err := b.backend.Put(b.t.Context(), ruined, []byte("sealed:v1:k:AAAA")); err != nil {
			b.t.Fatal(err)
		}
		b.reseal(rotated(b.t, true), false, 3, 1)
		b.opens(app, sum)
		b.reseal(rotated(b.t, false), true, 3, 3)
		b.opens(app, sum)
		b.reseal(rotated(b.t, true), true, 3, 1)
		b.reseal(rotated(b.t, true), true, 1, 1)
		b.store = files.New(b.backend, rotated(b.t, false), func() time.Time { return b.at })
		b.opens(app, sum)
		b.opens(another, sum)
		if after := b.all(); len(after) != len(before)+1 {
			b.t.Errorf("kept are %v, before %v", after, before)
		}
		if content, err := b.backend.Get(b.t.Context(), ruined); err != nil || string(content) != "sealed:v1:k:AAAA" {
			b.t.Errorf("what does not open is %q now, %v", content, err)
		}
	})
}
