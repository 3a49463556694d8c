package archive_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
)

const (
	app     = "2021000000000001"
	another = "2021000000000002"
	number  = "canary-number-7"
	ref     = "canary-merchant"
)

var closed = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// bench is an archive in a folder or, below [TestInABucket], in a bucket.
type bench struct {
	t       *testing.T
	backend archive.Backend
	store   *archive.Store
}

func open(t *testing.T) *bench {
	t.Helper()
	var backend archive.Backend
	var err error
	if strings.HasPrefix(t.Name(), "TestInABucket/") {
		backend, err = files.NewBucket(files.BucketOptions{Endpoint: openS3(t), Bucket: "ended", AccessKey: "a", SecretKey: "b", Prefix: "miniflow/archive"})
	} else {
		backend, err = files.OpenFolder(t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, backend, archive.New(backend, ring(t, 7), time.Now)}
}

func ring(t *testing.T, with byte) *seal.Ring {
	t.Helper()
	key, err := seal.ParseKey("k", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{with}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	made, err := seal.New([]seal.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func entryOf(outOrderNo, merchantRef string, at time.Time) archive.Entry {
	return archive.Entry{
		ClosedAt: at, Asked: "asked",
		Order:  order.View{AppID: app, OutOrderNo: outOrderNo, MerchantRef: merchantRef, Stage: order.StageOnline, Sequence: 3},
		Events: []order.ToldEvent{{ID: "e1"}, {ID: "e2"}},
	}
}

func (b *bench) keep(entry archive.Entry, want bool) {
	b.t.Helper()
	if added, err := b.store.Keep(b.t.Context(), entry); err != nil || added != want {
		b.t.Fatalf("kept %v, %v", added, err)
	}
}

func (b *bench) find(appID, outOrderNo string) (archive.Kept, bool) {
	b.t.Helper()
	kept, found, err := b.store.Find(b.t.Context(), appID, outOrderNo)
	if err != nil {
		b.t.Fatal(err)
	}
	return kept, found
}

// names returns the names of everything, with what is in them.
func (b *bench) names() (all []string) {
	b.t.Helper()
	for name, err := range b.backend.List(b.t.Context(), "") {
		if err != nil {
			b.t.Fatal(err)
		}
		content, err := b.backend.Get(b.t.Context(), name)
		if err != nil {
			b.t.Fatal(err)
		}
		if strings.Contains(name+string(content), "canary") {
			b.t.Errorf("readable: %s: %s", name, content)
		}
		all = append(all, name)
	}
	return all
}

func TestArchivedOrderIsReadAgain(t *testing.T) {
	b := open(t)
	if _, found := b.find(app, number); found {
		t.Error("an empty archive knows a number")
	}
	b.keep(entryOf(number, ref, closed), true)
	b.keep(entryOf(number, ref, closed), false)
	kept, found := b.find(app, number)
	entry, err := b.store.Read(t.Context(), kept)
	if !found || err != nil || entry.Order.MerchantRef != ref || len(entry.Events) != 2 || !entry.ClosedAt.Equal(closed) || entry.Asked != "asked" {
		t.Errorf("read %+v, %v", entry, err)
	}
	for _, other := range [][2]string{{another, number}, {app, "another"}, {"../x", number}} {
		if _, found := b.find(other[0], other[1]); found {
			t.Errorf("%v is known", other)
		}
	}
	b.names()
}

// TestLastRunCounts: an order that was closed from outside and begun again is kept as its last run left
// it, once.
func TestLastRunCounts(t *testing.T) {
	b := open(t)
	b.keep(entryOf(number, ref, closed), true)
	b.keep(entryOf(number, ref, closed.Add(time.Hour)), true)
	b.keep(entryOf(number, ref, closed), false)
	if kept, _ := b.find(app, number); !kept.ClosedAt.Equal(closed.Add(time.Hour)) || len(b.names()) != 2 {
		t.Errorf("kept %+v among %v", kept, b.names())
	}
}

// TestPurgedNumberIsKnownForGood, and nothing else of the order.
func TestPurgedNumberIsKnownForGood(t *testing.T) {
	b := open(t)
	b.keep(entryOf(number, ref, closed), true)
	b.keep(entryOf("other", "other", closed), true)
	for range 2 {
		for _, purged := range []string{number, "never-archived"} {
			if _, err := b.store.Purge(t.Context(), app, purged, ref); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.keep(entryOf(number, ref, closed.Add(time.Hour)), false)
	for _, purged := range []string{number, "never-archived"} {
		kept, found := b.find(app, purged)
		if _, err := b.store.Read(t.Context(), kept); !found || !kept.Purged || err == nil {
			t.Errorf("%s: %+v, %v", purged, kept, err)
		}
	}
	orders, marks, err := b.store.OfMerchant(t.Context(), app, ref)
	if err != nil || len(orders) != 0 || len(marks) != 2 {
		t.Errorf("of the merchant: %v, %v, %v", orders, marks, err)
	}
	orders, _, err = b.store.OfMerchant(t.Context(), app, "other")
	if err != nil || len(orders) != 1 {
		t.Errorf("of another: %v, %v", orders, err)
	}
	if names := b.names(); len(names) != 4 { // the salt, two marks, the other's order
		t.Errorf("kept %v", names)
	}
}

// TestWhatWasAlteredOrMovedDoesNotOpen, nor what another key sealed.
func TestWhatWasAlteredOrMovedDoesNotOpen(t *testing.T) {
	b := open(t)
	b.keep(entryOf(number, ref, closed), true)
	b.keep(entryOf("other", ref, closed), true)
	mine, _ := b.find(app, number)
	other, _ := b.find(app, "other")
	content, err := b.backend.Get(t.Context(), other.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.backend.Put(t.Context(), mine.String(), content); err != nil {
		t.Fatal(err)
	}
	if entry, err := b.store.Read(t.Context(), mine); !errors.Is(err, archive.ErrUnopened) || entry.Order.OutOrderNo != "" {
		t.Errorf("moved: %+v, %v", entry, err)
	}
	stranger := archive.New(b.backend, ring(t, 8), time.Now)
	if _, _, err := stranger.Find(t.Context(), app, number); err == nil {
		t.Error("without its key the archive says that a number is free")
	}
}

// TestTwoBeginTheArchiveAtOnce: each makes a salt, and finds what the other has kept.
func TestTwoBeginTheArchiveAtOnce(t *testing.T) {
	b := open(t)
	clock := closed
	alone, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := archive.New(alone, ring(t, 7), time.Now)
	if _, err := elsewhere.Keep(t.Context(), entryOf("theirs", ref, closed)); err != nil {
		t.Fatal(err)
	}
	b.store = archive.New(b.backend, ring(t, 7), func() time.Time { return clock })
	b.keep(entryOf(number, ref, closed), true)
	for name, err := range alone.List(t.Context(), "") {
		var content []byte
		if err == nil {
			content, err = alone.Get(t.Context(), name)
		}
		if err == nil {
			err = b.backend.Put(context.Background(), name, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	clock = clock.Add(2 * time.Minute)
	for _, either := range []string{number, "theirs"} {
		if _, found := b.find(app, either); !found {
			t.Errorf("%s is not found", either)
		}
	}
	if orders, _, err := b.store.OfMerchant(t.Context(), app, ref); err != nil || len(orders) != 2 {
		t.Errorf("of the merchant: %v, %v", orders, err)
	}
}
