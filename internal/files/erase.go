package files

import "context"

// Erase deletes what is kept for orders of an app, and returns how many files that are: those that none
// but these orders have named, and that nobody can name any more. With really false nothing is deleted.
// Repeating it is harmless.
func (s *Store) Erase(ctx context.Context, appID string, orders map[string]bool, really bool) (erased int, err error) {
	found := map[place][]kept{}
	for name, err := range s.backend.List(ctx, appID) {
		if err != nil {
			return 0, err
		}
		if k, ours := readName(name); ours && k.app == appID {
			found[k.place] = append(found[k.place], k)
		}
	}
	for _, all := range found {
		var theirs, files []kept
		others := false
		for _, k := range all {
			switch {
			case k.order == "":
				files = append(files, k)
			case orders[k.order]:
				theirs = append(theirs, k)
			default:
				others = true
			}
		}
		if len(theirs) == 0 {
			continue
		}
		if others { // the file is somebody else's too
			files = nil
		} else {
			erased++
		}
		if !really {
			continue
		}
		// The file goes first, so that an erasure that is cut off is found again.
		if err := s.delete(ctx, append(files, theirs...)); err != nil {
			return erased, err
		}
	}
	return erased, nil
}
