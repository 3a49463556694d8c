package embedded

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process, or another Server of this one, uses the directory.
// Waiting doesn't help, so Start doesn't.
var ErrLocked = errors.New("the data directory is in use")

// lockFile stays behind when the process ends; only the kernel's lock on it
// counts, and that one goes with the process however it dies.
const lockFile = "temporal.lock"

// lock takes dir for this process or fails at once with ErrLocked. Two servers
// on the same files would both believe they own the history shard.
func lock(dir string) (unlock func() error, err error) {
	// A lock of the kernel and not a file that is there or not: after a crash that one would have to
	// be removed by hand.
	f := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w (choose another %s)", f.Path(), err, flagDataDir)
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s belongs to a Miniflow that is still running; stop it, or choose another %s", ErrLocked, dir, flagDataDir)
	}
	return f.Unlock, nil
}
