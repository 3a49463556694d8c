package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// own is who makes the log's own entries.
const own = "miniflow"

// turnIfDue begins the day's file. A clock that goes back begins none.
func (l *Log) turnIfDue() error {
	now := l.config.Now().UTC()
	l.writing.Lock()
	due := l.broken == nil && now.Format(dayForm) > l.day
	l.writing.Unlock()
	if !due {
		return nil
	}
	return l.turn(now)
}

// turn begins a file whose first line refers to the last line of the one before, and removes those
// that are too old.
func (l *Log) turn(now time.Time) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.writing.Lock()
	defer l.writing.Unlock()
	day := now.Format(dayForm)
	if day <= l.day {
		return nil // another has begun it meanwhile
	}
	files, err := list(l.config.Dir)
	if err != nil {
		return err
	}
	if err := l.begin(day, anchors(files, l.chain)); err != nil {
		return err
	}
	return l.removeOld(files, now)
}

func (l *Log) begin(day string, others []Mark) error {
	name := "audit-" + day + "-" + l.chain + ".jsonl"
	opened, err := os.OpenFile(l.path(name), os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("begin a file of the audit log: %w", err)
	}
	before, last, size, lastDay := l.file, l.head, l.size, l.day
	l.file, l.size, l.day, l.head.File = opened, 0, day, name
	_, err = l.write(Entry{Who: own, Action: begun, Outcome: Done}, func(c *chained) {
		c.Anchors = others
		if before != nil {
			c.Continues = &last
		}
	})
	if err == nil {
		err = errors.Join(opened.Sync(), l.syncDir())
	}
	if err != nil {
		l.file, l.head, l.size, l.day = before, last, size, lastDay
		return errors.Join(err, opened.Close(), os.Remove(opened.Name()))
	}
	l.synced = l.head.Sequence
	if before != nil {
		return errors.Join(before.Sync(), before.Close())
	}
	return nil
}

func (l *Log) syncDir() error {
	dir, err := os.Open(l.config.Dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// removeOld removes files that are kept no longer, of every chain, once an entry says so: a file that
// is missing without one was taken away.
func (l *Log) removeOld(files []file, now time.Time) error {
	if l.config.KeepDays <= 0 {
		return nil
	}
	oldest := now.AddDate(0, 0, -l.config.KeepDays).Format(dayForm)
	var marks []Mark
	for _, f := range files {
		if f.day >= oldest {
			break // they are sorted by day
		}
		mark, _ := f.last() // one that can't be read goes too, and its name is noted
		mark.File = f.name
		marks = append(marks, mark)
	}
	if len(marks) == 0 {
		return nil
	}
	if _, err := l.write(Entry{Who: own, Action: "audit.remove", Outcome: Done}, func(c *chained) { c.Removed = marks }); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	for _, mark := range marks {
		// Another process may have removed it first.
		if err := os.Remove(l.path(mark.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what the audit log keeps no longer: %w", err)
		}
	}
	return nil
}
