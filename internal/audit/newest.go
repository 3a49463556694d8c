package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Query is which records are wanted. Zero values mean all.
type Query struct {
	Who, Object string
	Since       time.Time
	// Before continues behind the last record of the page before.
	Before *Record
	// Visible hides records; nil shows all.
	Visible func(Record) bool
	// Limit is how many at most.
	Limit int
}

func (q Query) means(r Record) bool {
	return r.Action != "" && (q.Who == "" || r.Who == q.Who || r.Actor == q.Who) && (q.Object == "" || r.Detail.About(q.Object)) && !r.At.Before(q.Since) &&
		(q.Before == nil || newestFirst(*q.Before, r) < 0) && (q.Visible == nil || q.Visible(r))
}

// newestFirst orders records of several chains by their time, and those of one chain by their place.
func newestFirst(a, b Record) int {
	return cmp.Or(b.At.Compare(a.At), strings.Compare(b.Chain, a.Chain), cmp.Compare(b.Sequence, a.Sequence))
}

// Newest returns the newest records of the log's folder.
func (l *Log) Newest(query Query) ([]Record, error) { return Newest(l.config.Dir, query) }

// Newest returns the newest records of a folder, newest first. It reads the newest days first, and no
// more of them than it needs.
func Newest(dir string, query Query) ([]Record, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	var found []Record
	trim := func() {
		slices.SortFunc(found, newestFirst)
		found = found[:min(len(found), query.Limit)]
	}
	day := ""
	for _, f := range slices.Backward(files) {
		if f.day != day {
			trim()
			if day = f.day; len(found) == query.Limit || day < query.Since.UTC().Format(dayForm) {
				return found, nil
			}
		}
		_, err := f.lines(func(_ int64, text []byte) error {
			// A line that was altered is shown as far as it can be read: Verify judges.
			read, _ := parse(text)
			if r := read.record(f.chain); query.means(r) {
				found = append(found, r)
			}
			if len(found) > 4*query.Limit+1000 {
				trim()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	trim()
	return found, nil
}
