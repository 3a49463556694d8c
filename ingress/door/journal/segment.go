package journal

import (
	"fmt"
	"strings"
)

const (
	segmentSuffix = ".log"
	damagedSuffix = ".damaged"
	// segmentBytes is where a new segment begins. A message that can't be dispatched keeps
	// its segment, so a segment is small beside the bound of all.
	segmentBytes = 4 << 20
)

// segment is one file of records. Its name contains the sequence of its first record, so that
// the names are in the order of acceptance.
type segment struct {
	name string
	file file
	// size is where the next record goes; waiting is how many records were not dispatched
	// yet. The file is removed when there are none and nothing is appended any more.
	size    int64
	waiting int
}

func segmentName(sequence uint64) string { return fmt.Sprintf("%016x%s", sequence, segmentSuffix) }

func isSegment(name string) bool { return strings.HasSuffix(name, segmentSuffix) }

func damagedName(segment string, at int) string {
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(segment, segmentSuffix), at, damagedSuffix)
}

// mark writes what became of a record. It is not synced: a mark that is lost with the power
// costs one more dispatch, which the message's ids make harmless.
func (s *segment) mark(offset int64, what state) error {
	_, err := s.file.WriteAt([]byte{byte(what)}, offset+stateAt)
	return err
}

// read returns one record, or false when it is not what was written.
func (s *segment) read(offset int64, size int) (data []byte, r record, whole bool, err error) {
	data = make([]byte, size)
	if _, err = s.file.ReadAt(data, offset); err != nil {
		return nil, record{}, false, fmt.Errorf("read %s: %w", s.name, err)
	}
	r, _, whole = readRecord(data)
	return data, r, whole, nil
}
