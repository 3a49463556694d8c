package files

import (
	"context"
	"errors"
	"fmt"

	"miniflow/order"
)

// Resealer is a sealer that knows under which key a value is; an internal/seal ring is one.
type Resealer interface {
	Sealer
	Current(sealed order.Sealed) bool
}

// Reseal seals every kept file anew that is not under the key that seals, and returns how many there are
// of those, and how many of them do not open. With really false nothing is written. A file keeps its
// name and its time; its content is replaced whole.
func (s *Store) Reseal(ctx context.Context, ring Resealer, really bool) (old, broken int, err error) {
	for name, err := range s.backend.List(ctx, "") {
		if err != nil {
			return old, broken, fmt.Errorf("list the kept files: %w", err)
		}
		k, ours := readName(name)
		if !ours || k.order != "" {
			continue
		}
		sealed, err := s.backend.Get(ctx, name)
		if errors.Is(err, ErrNone) {
			continue // a sweep was faster
		}
		if err != nil {
			return old, broken, fmt.Errorf("read a kept file: %w", err)
		}
		if ring.Current(order.Sealed(sealed)) {
			continue
		}
		old++
		plain, err := ring.Open(order.Sealed(sealed), k.app, order.SealFile, k.sum)
		if err != nil {
			broken++
			continue
		}
		if !really {
			continue
		}
		again, err := ring.Seal(plain, k.app, order.SealFile, k.sum)
		if err == nil {
			err = s.backend.Put(ctx, name, []byte(again))
		}
		if err != nil {
			return old, broken, fmt.Errorf("seal a kept file anew: %w", err)
		}
	}
	return old, broken, nil
}
