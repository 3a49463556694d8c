package service

import (
	"fmt"

	"miniflow/internal/archive"
	"miniflow/internal/config"
	"miniflow/internal/files"
	"miniflow/internal/seal"
)

// Places are where a configuration keeps things outside of Temporal, and what opens them, for tools that
// serve nothing.
type Places struct {
	Ring    *seal.Ring
	Files   *files.Store   // nil where there is none
	Archive *archive.Store // nil where there is none
}

// OpenPlaces opens them.
func OpenPlaces(cfg *config.Config) (Places, error) {
	ring, err := newRing(cfg)
	if err != nil {
		return Places{}, err
	}
	places := Places{Ring: ring}
	if places.Files, err = newFileStore(cfg, ring); err != nil {
		return Places{}, err
	}
	places.Archive, err = newArchive(cfg, ring)
	return places, err
}

// newRing reads the sealing keys. The first seals; all of them open, so that what was sealed before a
// rotation stays readable.
func newRing(cfg *config.Config) (*seal.Ring, error) {
	if cfg.Sealing.None {
		return seal.None(), nil
	}
	keys := make([]seal.Key, 0, len(cfg.Sealing.Keys))
	for i, key := range cfg.Sealing.Keys {
		read, err := seal.ParseKey(key.ID, key.Key.Reveal())
		if err != nil {
			field := fmt.Sprintf("sealing.keys[%d].key", i)
			return nil, fmt.Errorf("%s: %s: %w", cfg.Where(field), field, err)
		}
		keys = append(keys, read)
	}
	// Off unless a person says so: what was never sealed would otherwise be taken from anyone who
	// can write to Temporal.
	var options []seal.Option
	if cfg.Sealing.AcceptPlain {
		options = append(options, seal.AcceptPlain())
	}
	return seal.New(keys, options...)
}
