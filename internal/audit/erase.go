package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// place is where the detail of a line stands in its file.
type place struct {
	path   string
	offset int64
	length int
}

// Erase overwrites the details that match, in every file of the log's folder, and returns how many. The
// entry by says who did it; the lines are named in it before anything is overwritten, so a crash leaves
// nothing unexplained, and Erase again does the rest. Files keep their length, so other processes may
// go on appending to theirs.
func (l *Log) Erase(by Entry, match func(Record) bool) (int, error) {
	files, err := list(l.config.Dir)
	if err != nil {
		return 0, err
	}
	var erased []Erasure
	var places []place
	for _, f := range files {
		sequences, found, err := f.details(match)
		if err != nil {
			return 0, err
		}
		if len(found) > 0 {
			erased, places = append(erased, Erasure{f.name, sequences}), append(places, found...)
		}
	}
	if len(places) == 0 {
		return 0, nil
	}
	if err := l.append(by, func(c *chained) { c.Erased = erased }); err != nil {
		return 0, err
	}
	return len(places), overwrite(places)
}

// details finds the details that match. A line that was altered is left to Verify.
func (f file) details(match func(Record) bool) (sequences []uint64, found []place, _ error) {
	_, err := f.lines(func(offset int64, text []byte) error {
		read, err := parse(text)
		if err != nil || read.Salt == "" || !match(read.record(f.chain)) {
			return nil
		}
		begin := bytes.Index(text, []byte(`,"salt":"`+read.Salt+`","detail":`))
		sequences = append(sequences, read.Sequence)
		found = append(found, place{f.path, offset + int64(begin), len(text) - begin - len("}\n")})
		return nil
	})
	return sequences, found, err
}

func overwrite(places []place) error {
	var failures []error
	for _, at := range places {
		failures = append(failures, at.overwrite())
	}
	return errors.Join(failures...)
}

func (p place) overwrite() error {
	opened, err := os.OpenFile(p.path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("erase in the audit log: %w", err)
	}
	_, err = opened.WriteAt(bytes.Repeat([]byte{' '}, p.length), p.offset)
	return errors.Join(err, opened.Sync(), opened.Close())
}
