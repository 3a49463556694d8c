package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim/internal/store"
)

type note struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func (n *note) Place() (bucket, key string) { return "notes", n.Name }

func open(t *testing.T) *store.File {
	t.Helper()
	file, err := store.Open(store.Options{Path: filepath.Join(t.TempDir(), "notes.db"), Buckets: []string{"notes"}, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// The first failure sticks, and takes back what was saved before and after it.
func TestAFailedTransactionLeavesNothing(t *testing.T) {
	file := open(t)
	first := errors.New("the first failure")
	err := file.Change(func(tx *store.Tx) {
		tx.Save(&note{Name: "before"})
		tx.Fail(first)
		tx.Fail(errors.New("another failure"))
		tx.Save(&note{Name: "after"})
		if !tx.Failed() || tx.Load(&note{Name: "before"}) {
			t.Error("a failed transaction goes on reading")
		}
	})
	if !errors.Is(err, first) {
		t.Errorf("got %v", err)
	}
	if err := file.Look(func(tx *store.Tx) {
		if left := tx.Count("notes"); left != 0 {
			t.Errorf("%d records are left", left)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestRecordsAreReadInKeyOrder(t *testing.T) {
	file := open(t)
	if err := file.Change(func(tx *store.Tx) {
		for _, name := range []string{"b/2", "a/1", "b/1"} {
			tx.Save(&note{Name: name, Text: "text of " + name})
		}
		tx.Remove(&note{Name: "a/1"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := file.Look(func(tx *store.Tx) {
		var keys []string
		for key := range tx.Keys("notes") {
			keys = append(keys, string(key))
		}
		if list := store.All[note](tx, "notes", "b/"); len(list) != 2 || list[0].Text != "text of b/1" {
			t.Errorf("records: %v", list)
		}
		if !slices.Equal(keys, []string{"b/1", "b/2"}) || string(tx.First("notes")) != "b/1" || tx.Has("notes", []byte("a/1")) {
			t.Errorf("keys: %q", keys)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// A Rand that ends fails the transaction that needed it.
func TestChanceThatEndsFailsTheTransaction(t *testing.T) {
	file, err := store.Open(store.Options{Path: filepath.Join(t.TempDir(), "notes.db"), Rand: strings.NewReader("12")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Change(func(tx *store.Tx) { tx.HexID(8) }); err == nil || !strings.Contains(err.Error(), "must not end") {
		t.Errorf("got %v", err)
	}
}
