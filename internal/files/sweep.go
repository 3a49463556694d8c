package files

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Fate is what has become of an order, as far as its files go.
type Fate int

const (
	// FateRuns means that the order may need every file that it named.
	FateRuns Fate = iota
	// FateEnded means that it has ended for good: Alipay has what it named, and people may still
	// look at what it shows.
	FateEnded
	// FateForgotten means that Temporal knows no such order (any more).
	FateForgotten
)

// Asked says what has become of an order. An error means that nobody knows, and keeps its files.
type Asked func(ctx context.Context, appID, outOrderNo string) (Fate, error)

// Sweep deletes the files whose time to be named is over and whose orders have all ended, and
// returns how many. What can't be judged or deleted now is left for a later sweep and is part of
// the error. Sweeping in several processes at once, or again after a crash, is harmless.
func (s *Store) Sweep(ctx context.Context, ask Asked) (deleted int, err error) {
	found := map[place][]kept{}
	for name, err := range s.backend.List(ctx, "") {
		if err != nil {
			return 0, fmt.Errorf("list the kept files: %w", err)
		}
		if k, ours := readName(name); ours {
			found[k.place] = append(found[k.place], k)
		}
	}
	ask = remembered(ask)
	var failures []error
	for _, all := range found {
		gone, err := s.sweep(ctx, all, ask)
		if gone {
			deleted++
		}
		if err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return deleted, errors.Join(failures...)
}

// sweep deletes one file if it may, and reports whether it did.
func (s *Store) sweep(ctx context.Context, all []kept, ask Asked) (bool, error) {
	slices.SortFunc(all, func(a, b kept) int { return b.at.Compare(a.at) })
	if s.age(all[0]) < NameableFor+grace {
		return false, s.delete(ctx, s.replaced(all))
	}
	for _, k := range all {
		if k.order == "" {
			continue
		}
		if fate, err := ask(ctx, k.app, k.order); err != nil || fate == FateRuns || k.shown && fate != FateForgotten {
			return false, err
		}
	}
	// The file goes before what keeps it, so that a sweep that is cut off leaves no file that
	// nobody seems to have named.
	slices.SortStableFunc(all, func(a, b kept) int { return len(a.order) - len(b.order) })
	return all[0].order == "", s.delete(ctx, all)
}

// replaced returns the versions of a file that a newer one has replaced. Who lists the newer one
// reads it first, so an hour later nobody reads these.
func (s *Store) replaced(all []kept) []kept {
	versions := slices.DeleteFunc(slices.Clone(all), func(k kept) bool { return k.order != "" })
	if len(versions) < 2 || s.age(versions[0]) < grace {
		return nil
	}
	return versions[1:]
}

// delete deletes exactly what was listed, and nothing that has come since.
func (s *Store) delete(ctx context.Context, listed []kept) error {
	for _, k := range listed {
		if err := s.backend.Delete(ctx, k.String()); err != nil {
			return fmt.Errorf("delete a kept file: %w", err)
		}
	}
	return nil
}

// remembered asks about each order once a sweep, because an order names several files.
func remembered(ask Asked) Asked {
	type answer struct {
		fate Fate
		err  error
	}
	known := map[[2]string]answer{}
	return func(ctx context.Context, appID, outOrderNo string) (Fate, error) {
		key := [2]string{appID, outOrderNo}
		if _, asked := known[key]; !asked {
			fate, err := ask(ctx, appID, outOrderNo)
			known[key] = answer{fate, err}
		}
		return known[key].fate, known[key].err
	}
}
