package purge

import (
	"errors"
	"io/fs"
	"math"

	"miniflow/cmd/internal/purging"
	"miniflow/internal/audit"
)

// audited counts the details of this machine's audit log that are about a merchant, or erases them. The
// entry that says so names nobody.
func audited(dir, by string, plan purging.Plan, really bool) (int, error) {
	about := func(r audit.Record) bool { return !r.Erased && plan.Concerns(r.Detail) }
	if !really {
		records, err := audit.Newest(dir, audit.Query{Visible: about, Limit: math.MaxInt})
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		return len(records), err
	}
	log, err := audit.Open(audit.Config{Dir: dir})
	if err != nil {
		return 0, err
	}
	count, err := log.Erase(audit.Entry{Who: by, Action: "purge", Outcome: audit.Done}, about)
	return count, errors.Join(err, log.Close())
}
