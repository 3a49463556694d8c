package archive

import (
	"context"
	"fmt"
	"strings"

	"miniflow/order"
)

// Resealer is a sealer that knows under which key a value is; an internal/seal ring is one.
type Resealer interface {
	Sealer
	Current(sealed order.Sealed) bool
}

// Reseal seals everything anew that is not under the key that seals, and returns how many there are of
// those, and how many of them do not open. With really false nothing is written. What is archived keeps
// its name; its content is replaced whole.
func (s *Store) Reseal(ctx context.Context, ring Resealer, really bool) (old, broken int, err error) {
	for name, err := range s.backend.List(ctx, "") {
		if err != nil {
			return old, broken, fmt.Errorf("list the archive: %w", err)
		}
		about := contextOf(name)
		if about == nil {
			continue
		}
		sealed, err := s.backend.Get(ctx, name)
		if err != nil {
			return old, broken, fmt.Errorf("read from the archive: %w", err)
		}
		if ring.Current(order.Sealed(sealed)) {
			continue
		}
		old++
		plain, err := ring.Open(order.Sealed(sealed), about...)
		if err != nil {
			broken++
			continue
		}
		if !really {
			continue
		}
		again, err := ring.Seal(plain, about...)
		if err == nil {
			err = s.backend.Put(ctx, name, []byte(again))
		}
		if err != nil {
			return old, broken, fmt.Errorf("seal what is archived anew: %w", err)
		}
	}
	return old, broken, nil
}

// contextOf returns what something in the archive is sealed for, nil for what is not sealed.
func contextOf(name string) []string {
	if strings.HasPrefix(name, saltFolder+"/") {
		return []string{order.SealArchive, saltID(name)}
	}
	if k, ours := readName(name); ours && !k.Purged {
		return []string{k.AppID, order.SealArchive, k.Number}
	}
	return nil
}
