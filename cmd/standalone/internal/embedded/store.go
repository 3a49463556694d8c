package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// draftPrefix marks a file that is still being made. The lock is held while files are made, so
// one that is found under the lock was left by a process that died.
const draftPrefix = ".draft-"

// stores are the two SQLite files. Visibility, the index behind lists, has its
// own file because its writes would otherwise queue behind the histories'.
type stores struct{ temporal, visibility string }

// storesIn names the files after the server's minor version: SQLite schemas
// have no migrations, so the files of one minor version mean nothing to another.
func storesIn(dir string) stores {
	// The version of the server that is linked, so the names follow an upgrade by themselves.
	version := headers.ServerVersion
	minor := version[:strings.LastIndexByte(version, '.')]
	return stores{
		temporal:   filepath.Join(dir, "temporal-"+minor+".sqlite"),
		visibility: filepath.Join(dir, "visibility-"+minor+".sqlite"),
	}
}

// prepare makes both files unless they are there. The caller holds the lock, so what is half
// made belongs to nobody.
func (s stores) prepare(ctx context.Context, logger *slog.Logger) error {
	dir := filepath.Dir(s.temporal)
	if err := sweep(dir); err != nil {
		return err
	}
	// Whether a file has its name is all that counts: it gets it only when it is whole.
	haveTemporal, err := exists(s.temporal)
	if err != nil {
		return err
	}
	haveVisibility, err := exists(s.visibility)
	if err != nil {
		return err
	}
	// Visibility gets its name first, so a start that was killed in between never
	// looks like this: the index was lost, and with it every list of orders.
	if haveTemporal && !haveVisibility {
		return fmt.Errorf("%s is missing beside %s: put it back, or move the latter away to begin anew: %w", s.visibility, s.temporal, fs.ErrNotExist)
	}
	if !haveTemporal {
		warnOfOthers(ctx, dir, s.temporal, logger)
	}
	if !haveVisibility {
		if err := makeStore(s.visibility); err != nil {
			return err
		}
	}
	if !haveTemporal {
		return makeStore(s.temporal)
	}
	return nil
}

// makeStore writes an empty database under a draft's name, makes it durable and
// only then gives it its name.
func makeStore(path string) error {
	dir := filepath.Dir(path)
	// A fresh name each time: Temporal's SQLite plugin keeps every database it has
	// opened for the life of the process and would hand out the old file again.
	draft, err := os.CreateTemp(dir, draftPrefix+"*")
	if err != nil {
		return fmt.Errorf("make %s: %w (choose another %s)", path, err, flagDataDir)
	}
	if err := errors.Join(setupSchema(draft.Name()), draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("make %s: %w", path, errors.Join(err, os.Remove(draft.Name())))
	}
	if err := os.Rename(draft.Name(), path); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return syncDir(dir)
}

// setupSchema leaves the file in SQLite's default journal mode: in WAL mode a
// part of the data would stay in a second file that a rename leaves behind.
func setupSchema(path string) error {
	// Nothing is synced here: a draft that a crash spoils is swept away, and makeStore syncs the
	// whole once.
	draft := sqlConfig(path, map[string]string{"mode": "rw", "synchronous": "off"})
	if err := sqliteschema.SetupSchema(draft); err != nil {
		return err
	}
	return dropUnasked(draft)
}

// durable is how the server opens its files: WAL because it doubles what one
// disk takes, FULL because then a commit also survives the loss of power, and
// patience for the sqlite3 shell of somebody who looks or makes a copy.
func durable(path string) *config.SQL {
	return sqlConfig(path, map[string]string{
		"mode": "rw", "journal_mode": "wal", "synchronous": "full", "busy_timeout": "5000",
	})
}

func sqlConfig(path string, attributes map[string]string) *config.SQL {
	return &config.SQL{
		PluginName: sqlite.PluginName,
		// The plugin pastes the name into a file: URI, where ?, # and % of a
		// directory's name would mean something else.
		DatabaseName:      (&url.URL{Path: path}).EscapedPath(),
		ConnectAttributes: attributes,
	}
}

// sweep removes what a killed first start left half made: those files never had their names,
// so nothing in them was accepted.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), draftPrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove an unfinished file: %w", err)
		}
	}
	return nil
}

// warnOfOthers explains to a person who has upgraded why the orders seem to be gone.
func warnOfOthers(ctx context.Context, dir, current string, logger *slog.Logger) {
	// Only a warning: the directory can be used, and an earlier version finds its files unchanged.
	others, err := filepath.Glob(filepath.Join(escapeGlob(dir), "temporal-*.sqlite"))
	if err != nil || len(others) == 0 {
		return
	}
	logger.LogAttrs(ctx, slog.LevelWarn,
		"the data directory holds workflows of another Temporal version; they stay there and this version starts empty: run the earlier Miniflow to finish them",
		slog.Any("found", others), slog.String("starting", current))
}

// A directory's name may hold a star, which would be a pattern here.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// That a file can't be looked at is an error: taken for missing, it would be made a second
// time.
func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// The rename is in the directory, and a file's own sync leaves that out.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the directory a person chose for our data
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
