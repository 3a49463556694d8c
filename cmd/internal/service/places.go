package service

import (
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
