package files_test

import (
	"testing"
	"time"

	"miniflow/internal/files"
)

func (b *bench) shows(outOrderNo string) string {
	b.t.Helper()
	sum, err := b.store.Show(b.t.Context(), app, outOrderNo, []byte(secret))
	if err != nil {
		b.t.Fatal(err)
	}
	return sum
}

// TestShownPictureOutlivesItsOrdersEnd: people look at an ended order for as long as Temporal has it.
func TestShownPictureOutlivesItsOrdersEnd(t *testing.T) {
	each(t, func(b *bench) {
		sum := b.shows(number)
		b.shows(number)
		if kept := len(b.all()); kept != 2 {
			t.Errorf("shown twice, %d things are kept, want the picture and its order", kept)
		}
		b.ended[number] = true
		if b.sweep(files.NameableFor + 2*time.Hour); len(b.all()) != 2 {
			t.Error("the picture of an ended order is gone while Temporal has the order")
		}
		if content, found, err := b.store.Shown(t.Context(), app, sum); err != nil || !found || string(content) != secret {
			t.Errorf("shown: %q, %v", content, err)
		}
		if _, found, err := b.store.Shown(t.Context(), another, sum); found || err != nil {
			t.Errorf("another app's: %v", err)
		}
		b.forgotten[number] = true
		if b.sweep(time.Hour) != 1 || len(b.all()) != 0 {
			t.Errorf("what nobody can look up any more is kept: %v", b.all())
		}
	})
}

// TestHandedInFileIsNotShown: a licence is not for whoever knows its hash.
func TestHandedInFileIsNotShown(t *testing.T) {
	each(t, func(b *bench) {
		sum, _ := b.put(app)
		b.names(sum, number, false, true)
		if content, found, err := b.store.Shown(t.Context(), app, sum); found || err != nil {
			t.Errorf("%q, %v", content, err)
		}
	})
}
