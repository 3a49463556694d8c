package archive

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"miniflow/order"
)

// saltsFor is how long a process goes by the salts that it has seen. A new one is made once in an
// archive's life, or twice where two processes begin it at once.
const saltsFor = time.Minute

// known returns the salts, none where nothing was ever kept.
func (s *Store) known(ctx context.Context) ([]salt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.salts) > 0 && s.now().Sub(s.listed) < saltsFor {
		return s.salts, nil
	}
	var found []salt
	for name, err := range s.backend.List(ctx, saltFolder) {
		if err != nil {
			return nil, fmt.Errorf("look for the archive's salt: %w", err)
		}
		one, err := s.readSalt(ctx, name)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b salt) int { return cmp.Compare(a.name, b.name) })
	s.salts, s.listed = found, s.now()
	return found, nil
}

func (s *Store) readSalt(ctx context.Context, name string) (salt, error) {
	for _, before := range s.salts {
		if before.name == name {
			return before, nil
		}
	}
	sealed, err := s.backend.Get(ctx, name)
	if err != nil {
		return salt{}, fmt.Errorf("read the archive's salt: %w", err)
	}
	secret, err := s.sealer.Open(order.Sealed(sealed), order.SealArchive, saltID(name))
	if err != nil {
		return salt{}, fmt.Errorf("open the archive's salt: %w; put the sealing key back that it was sealed with, and run `miniflow keys reseal` before it is removed", err)
	}
	return salt{name, secret}, nil
}

func saltID(name string) string {
	parts := strings.Split(name, "/")
	return parts[min(1, len(parts)-1)]
}

// salted returns the salts, and makes one where there is none.
func (s *Store) salted(ctx context.Context) ([]salt, error) {
	salts, err := s.known(ctx)
	if err != nil || len(salts) > 0 {
		return salts, err
	}
	var id, secret [32]byte
	if _, err := rand.Read(id[:16]); err != nil {
		return nil, fmt.Errorf("make the archive's salt: %w", err)
	}
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("make the archive's salt: %w", err)
	}
	name := saltFolder + "/" + hex.EncodeToString(id[:16]) + "/salt"
	sealed, err := s.sealer.Seal(secret[:], order.SealArchive, saltID(name))
	if err != nil {
		return nil, fmt.Errorf("seal the archive's salt: %w", err)
	}
	if err := s.backend.Put(ctx, name, []byte(sealed)); err != nil {
		return nil, fmt.Errorf("keep the archive's salt: %w", err)
	}
	return s.known(ctx)
}

// Digests returns the digests under which a merchant may be kept, mostly one.
func (s *Store) Digests(ctx context.Context, appID, merchantRef string) ([]string, error) {
	salts, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	digests := make([]string, 0, len(salts))
	for _, by := range salts {
		digests = append(digests, by.merchant(appID, merchantRef))
	}
	return digests, nil
}

// Asked returns the digest of what an order was asked for, by which the same order again is
// recognised; nobody without the salt can try contents against it. There is one for each salt.
func (s *Store) Asked(ctx context.Context, content []byte) ([]string, error) {
	salts, err := s.salted(ctx)
	if err != nil {
		return nil, err
	}
	digests := make([]string, 0, len(salts))
	for _, by := range salts {
		digests = append(digests, hex.EncodeToString(by.digest("asked", string(content))))
	}
	return digests, nil
}
