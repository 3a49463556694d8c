package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"miniflow/order"
)

// Backend keeps bytes under names of three parts, whole or not at all; a folder or a bucket of
// internal/files is one.
type Backend interface {
	Put(ctx context.Context, name string, content []byte) error
	Get(ctx context.Context, name string) ([]byte, error)
	Delete(ctx context.Context, name string) error
	List(ctx context.Context, folder string) iter.Seq2[string, error]
}

// Sealer seals and opens; an internal/seal ring is one.
type Sealer interface {
	Seal(plain []byte, context ...string) (order.Sealed, error)
	Open(sealed order.Sealed, context ...string) ([]byte, error)
}

// ErrUnopened means that an archived order does not open: it was altered or moved, or its sealing key
// is gone.
var ErrUnopened = errors.New("the archived order does not open")

// Store is an archive. It is safe for concurrent use, by any number of processes.
type Store struct {
	backend Backend
	sealer  Sealer
	now     func() time.Time

	mu     sync.Mutex
	salts  []salt
	listed time.Time
}

// New returns an archive. All of it is required, because nothing is kept in clear by default.
func New(backend Backend, sealer Sealer, now func() time.Time) *Store {
	return &Store{backend: backend, sealer: sealer, now: now}
}

// Keep keeps an order as it stood when its run closed, and reports whether it was not kept before. What
// is kept of an older run of the same order is deleted then. An order that was purged is not kept.
func (s *Store) Keep(ctx context.Context, entry Entry) (added bool, err error) {
	salts, err := s.salted(ctx)
	if err != nil {
		return false, err
	}
	k := s.named(salts[0], entry.Order.AppID, entry.Order.OutOrderNo, entry.Order.MerchantRef)
	k.ClosedAt = entry.ClosedAt
	if !appForm.MatchString(k.AppID) {
		return false, fmt.Errorf("archive an order: %q is no app id", k.AppID)
	}
	before, err := s.under(ctx, k.folder())
	if err != nil {
		return false, err
	}
	for _, other := range before {
		if other.Purged || !other.ClosedAt.Before(k.ClosedAt.Truncate(time.Millisecond)) {
			return false, nil
		}
	}
	text, err := entry.lines()
	if err != nil {
		return false, err
	}
	if err := s.put(ctx, k, text); err != nil {
		return false, err
	}
	return true, s.delete(ctx, before)
}

func (s *Store) named(by salt, appID, outOrderNo, merchantRef string) Kept {
	return Kept{AppID: appID, Number: by.number(appID, outOrderNo), Merchant: by.merchant(appID, merchantRef)}
}

func (s *Store) put(ctx context.Context, k Kept, text []byte) error {
	sealed, err := s.sealer.Seal(text, k.AppID, order.SealArchive, k.Number)
	if err != nil {
		return fmt.Errorf("seal an order for the archive: %w", err)
	}
	if err := s.backend.Put(ctx, k.String(), []byte(sealed)); err != nil {
		return fmt.Errorf("archive an order: %w", err)
	}
	return nil
}

func (s *Store) delete(ctx context.Context, all []Kept) error {
	for _, k := range all {
		if err := s.backend.Delete(ctx, k.String()); err != nil {
			return fmt.Errorf("delete from the archive: %w", err)
		}
	}
	return nil
}

// Find returns what is kept under an order's number, and whether anything is. It costs one list.
func (s *Store) Find(ctx context.Context, appID, outOrderNo string) (Kept, bool, error) {
	if !appForm.MatchString(appID) {
		return Kept{}, false, nil
	}
	salts, err := s.known(ctx)
	if err != nil {
		return Kept{}, false, err
	}
	var found []Kept
	for _, by := range salts {
		under, err := s.under(ctx, appID+"/"+by.number(appID, outOrderNo))
		if err != nil {
			return Kept{}, false, err
		}
		found = append(found, under...)
	}
	if len(found) == 0 {
		return Kept{}, false, nil
	}
	return slices.MaxFunc(found, newest), true, nil
}

// newest orders what is kept of one order: that it was purged counts more than anything else.
func newest(a, b Kept) int {
	if a.Purged != b.Purged {
		if a.Purged {
			return 1
		}
		return -1
	}
	return a.ClosedAt.Compare(b.ClosedAt)
}

// Read returns an archived order. Errors are [ErrUnopened] or the backend's.
func (s *Store) Read(ctx context.Context, k Kept) (Entry, error) {
	text, err := s.open(ctx, k)
	if err != nil {
		return Entry{}, err
	}
	return readLines(text)
}

func (s *Store) open(ctx context.Context, k Kept) ([]byte, error) {
	sealed, err := s.backend.Get(ctx, k.String())
	if err != nil {
		return nil, fmt.Errorf("read an archived order: %w", err)
	}
	text, err := s.sealer.Open(order.Sealed(sealed), k.AppID, order.SealArchive, k.Number)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnopened, err)
	}
	return text, nil
}

// All returns everything that is kept, of every app.
func (s *Store) All(ctx context.Context) iter.Seq2[Kept, error] {
	return func(yield func(Kept, error) bool) {
		for name, err := range s.backend.List(ctx, "") {
			if err != nil {
				yield(Kept{}, fmt.Errorf("list the archive: %w", err))
				return
			}
			if k, ours := readName(name); ours && !yield(k, nil) {
				return
			}
		}
	}
}

func (s *Store) under(ctx context.Context, folder string) (found []Kept, err error) {
	for name, err := range s.backend.List(ctx, folder) {
		if err != nil {
			return nil, fmt.Errorf("look into the archive: %w", err)
		}
		if k, ours := readName(name); ours && k.folder() == folder {
			found = append(found, k)
		}
	}
	return found, nil
}
