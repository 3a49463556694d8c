package files

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Show keeps a picture that an order shows, such as a reviewer's, for as long as Temporal knows the
// order, and returns its SHA-256 in hexadecimal. Showing it again is harmless.
func (s *Store) Show(ctx context.Context, appID, outOrderNo string, picture []byte) (string, error) {
	sum, _, _, err := s.Put(ctx, appID, picture)
	if err != nil {
		return "", err
	}
	where, err := placeOf(appID, sum)
	if err != nil {
		return "", err
	}
	_, named, err := s.list(ctx, where)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(named, func(k kept) bool { return k.shown && k.order == outOrderNo }) {
		return sum, nil
	}
	if err := s.backend.Put(ctx, kept{place: where, at: s.now(), order: outOrderNo, shown: true}.String(), mark); err != nil {
		return "", fmt.Errorf("record that an order shows a picture: %w", err)
	}
	return sum, nil
}

// Shown returns a picture that an order shows, by its SHA-256, and whether there is one that opens.
// A file that was only handed in is none: licences and identity cards are for Alipay, and for nobody
// who merely knows a hash.
func (s *Store) Shown(ctx context.Context, appID, sum string) ([]byte, bool, error) {
	where, err := placeOf(appID, sum)
	if err != nil {
		return nil, false, nil //nolint:nilerr // nothing is kept under such a name
	}
	_, named, err := s.list(ctx, where)
	if err != nil || !slices.ContainsFunc(named, func(k kept) bool { return k.shown }) {
		return nil, false, err
	}
	content, err := s.Open(ctx, appID, sum)
	if errors.Is(err, ErrNone) || errors.Is(err, ErrUnopened) {
		return nil, false, nil
	}
	return content, err == nil, err
}
