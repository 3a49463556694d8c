package archive

import (
	"context"
	"slices"
)

// purged is what is in the mark of an order that was purged. Its name says everything, and some
// stores take no empty object.
var purged = []byte("purged\n")

// Purge leaves of an order only that its number was used, for good. It reports the order's digest.
// Purging again is harmless.
func (s *Store) Purge(ctx context.Context, appID, outOrderNo, merchantRef string) (number string, err error) {
	salts, err := s.salted(ctx)
	if err != nil {
		return "", err
	}
	for _, by := range salts {
		if err := s.purge(ctx, s.named(by, appID, outOrderNo, merchantRef)); err != nil {
			return "", err
		}
	}
	return salts[0].number(appID, outOrderNo), nil
}

// Mark keeps an order's number from being used again, and the order from being archived; what is
// archived of it stays.
func (s *Store) Mark(ctx context.Context, appID, outOrderNo, merchantRef string) error {
	salts, err := s.salted(ctx)
	if err != nil {
		return err
	}
	for _, by := range salts {
		if err := s.mark(ctx, s.named(by, appID, outOrderNo, merchantRef)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) mark(ctx context.Context, k Kept) error {
	k.Purged = true
	return s.backend.Put(ctx, k.String(), purged)
}

// PurgeKept does the same for what is kept already, whose number nobody has to know.
func (s *Store) PurgeKept(ctx context.Context, k Kept) error {
	return s.purge(ctx, k)
}

// purge puts the mark before it deletes, so that a purge that is cut off frees no number.
func (s *Store) purge(ctx context.Context, k Kept) error {
	under, err := s.under(ctx, k.folder())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(under, func(other Kept) bool { return other.Purged }) {
		if err := s.mark(ctx, k); err != nil {
			return err
		}
	}
	return s.delete(ctx, slices.DeleteFunc(under, func(other Kept) bool { return other.Purged }))
}

// OfMerchant returns what is kept of a merchant's orders: those that can be read, and the marks of those
// that were purged.
func (s *Store) OfMerchant(ctx context.Context, appID, merchantRef string) (orders, marks []Kept, err error) {
	digests, err := s.Digests(ctx, appID, merchantRef)
	if err != nil {
		return nil, nil, err
	}
	for k, err := range s.All(ctx) {
		switch {
		case err != nil:
			return nil, nil, err
		case k.AppID != appID || !slices.Contains(digests, k.Merchant):
		case k.Purged:
			marks = append(marks, k)
		default:
			orders = append(orders, k)
		}
	}
	return orders, marks, nil
}
