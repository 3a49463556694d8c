package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"miniflow/order"
)

const (
	// NameableFor is how long after it was handed in an order can name a file: long enough to
	// collect what a merchant sends over a day.
	NameableFor = 24 * time.Hour
	// grace is how much older than that a file has to be before a sweep looks at it.
	grace = time.Hour
	// renewedAfter is how old a file has to be to be kept once more when it is handed in again.
	// Without it every repetition of a request would be another copy.
	renewedAfter = time.Hour
)

// The reasons why a file is not returned. Any other error is the backend's, and may pass.
var (
	// ErrNone means that the file is not kept, or not any more.
	ErrNone = errors.New("no such file is kept; hand it in again with POST /v1/files")
	// ErrUnopened means that what is kept does not open: it was altered or moved, or its sealing
	// key is gone.
	ErrUnopened = errors.New("the kept file does not open")
)

// mark is what is in a record that an order names a file. Its name says everything, and some stores
// take no empty object.
var mark = []byte("named\n")

// Backend keeps bytes under names, whole or not at all. Names have three parts, joined by slashes.
type Backend interface {
	// Put keeps content. It is there for everybody once Put has returned, also after a loss of
	// power.
	Put(ctx context.Context, name string, content []byte) error
	// Get returns what is kept, or an [ErrNone].
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete deletes it; what is not there is no error.
	Delete(ctx context.Context, name string) error
	// List returns the names in a folder, such as <app_id>/<sha256>, or all of them for "". Names
	// that were put before it began are among them.
	List(ctx context.Context, folder string) iter.Seq2[string, error]
}

// Sealer seals and opens; an internal/seal ring is one.
type Sealer interface {
	Seal(plain []byte, context ...string) (order.Sealed, error)
	Open(sealed order.Sealed, context ...string) ([]byte, error)
}

// Store keeps files in a backend. It is safe for concurrent use, by any number of processes.
type Store struct {
	backend Backend
	sealer  Sealer
	now     func() time.Time
}

// New returns a store. All of it is required, because nothing is kept in clear by default.
func New(backend Backend, sealer Sealer, now func() time.Time) *Store {
	return &Store{backend: backend, sealer: sealer, now: now}
}

// Put keeps a file of an app and returns its SHA-256 in hexadecimal, until when an order can name
// it, and whether it was not kept before. Putting it again is harmless and gives it new time.
func (s *Store) Put(ctx context.Context, appID string, content []byte) (sum string, until time.Time, added bool, err error) {
	digest := sha256.Sum256(content)
	where, err := placeOf(appID, hex.EncodeToString(digest[:]))
	if err != nil {
		return "", time.Time{}, false, err
	}
	versions, _, err := s.list(ctx, where)
	if err != nil {
		return "", time.Time{}, false, err
	}
	added = true
	if len(versions) > 0 {
		newest := versions[0]
		_, damaged := s.open(ctx, newest)
		added = damaged != nil || s.age(newest) >= NameableFor
		if damaged == nil && s.age(newest) < renewedAfter {
			return where.sum, newest.at.Add(NameableFor), false, nil
		}
	}
	sealed, err := s.sealer.Seal(content, where.app, order.SealFile, where.sum)
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("seal a file: %w", err)
	}
	version := kept{place: where, at: s.now()}
	if err := s.backend.Put(ctx, version.String(), []byte(sealed)); err != nil {
		return "", time.Time{}, false, fmt.Errorf("keep a file: %w", err)
	}
	return where.sum, version.at.Add(NameableFor), added, nil
}

// Name records that an order names a file, which keeps it until the order has ended; it has to be
// called before the order is told of the file. It reports false when the file is not kept or its
// time to be named is over. An order that runs may name again what it has named before, however
// long ago: the file has been kept for it.
func (s *Store) Name(ctx context.Context, appID, sum, outOrderNo string, runs bool) (bool, error) {
	where, err := placeOf(appID, sum)
	if err != nil {
		return false, nil //nolint:nilerr // nothing is kept under such a name
	}
	versions, named, err := s.list(ctx, where)
	if err != nil || len(versions) == 0 {
		return false, err
	}
	if runs && slices.ContainsFunc(named, func(k kept) bool { return k.order == outOrderNo && !k.shown }) {
		return true, nil
	}
	if s.age(versions[0]) >= NameableFor {
		return false, nil
	}
	if err := s.backend.Put(ctx, kept{place: where, at: s.now(), order: outOrderNo}.String(), mark); err != nil {
		return false, fmt.Errorf("record that an order names a file: %w", err)
	}
	return true, nil
}

// Open returns a file of an app by its SHA-256, verified. Errors are [ErrNone], [ErrUnopened], or
// the backend's.
func (s *Store) Open(ctx context.Context, appID, sum string) ([]byte, error) {
	where, err := placeOf(appID, sum)
	if err != nil {
		return nil, err
	}
	versions, _, err := s.list(ctx, where)
	if err != nil {
		return nil, err
	}
	err = ErrNone
	for _, version := range versions {
		content, failure := s.open(ctx, version)
		if failure == nil {
			return content, nil
		}
		// One that a sweep has just taken was replaced by a newer one, and says nothing.
		if !errors.Is(failure, ErrNone) {
			err = failure
		}
	}
	return nil, err
}

func (s *Store) open(ctx context.Context, version kept) ([]byte, error) {
	sealed, err := s.backend.Get(ctx, version.String())
	if err != nil {
		return nil, fmt.Errorf("read a kept file: %w", err)
	}
	content, err := s.sealer.Open(order.Sealed(sealed), version.app, order.SealFile, version.sum)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; hand it in again with POST /v1/files", ErrUnopened, err)
	}
	// The seal of `sealing: none` binds nothing.
	if digest := sha256.Sum256(content); hex.EncodeToString(digest[:]) != version.sum {
		return nil, fmt.Errorf("%w: it is another file than its name says; hand it in again with POST /v1/files", ErrUnopened)
	}
	return content, nil
}

// list returns what is kept of one file: its versions, newest first, and who has named it.
func (s *Store) list(ctx context.Context, where place) (versions, named []kept, err error) {
	for name, err := range s.backend.List(ctx, where.String()) {
		if err != nil {
			return nil, nil, fmt.Errorf("list what is kept of a file: %w", err)
		}
		if k, ours := readName(name); ours && k.place == where {
			versions, named = sorted(k, versions, named)
		}
	}
	slices.SortFunc(versions, func(a, b kept) int { return b.at.Compare(a.at) })
	return versions, named, nil
}

func sorted(k kept, versions, named []kept) ([]kept, []kept) {
	if k.order == "" {
		return append(versions, k), named
	}
	return versions, append(named, k)
}

func (s *Store) age(k kept) time.Duration { return s.now().Sub(k.at) }
