package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A record is a header and a payload. All of it is covered by the checksum but the state,
// which changes in place once the message is dispatched:
//
//	0  magic    4 bytes, where to go on reading after damage
//	4  length   of the payload, uint32
//	8  sequence uint64, the order of acceptance over all segments
//	16 time     of acceptance, Unix nanoseconds
//	24 checksum CRC-32C of length, sequence, time and payload
//	28 state    1 byte and 3 that are zero
const (
	headerSize  = 32
	lengthAt    = 4
	sequenceAt  = 8
	timeAt      = 16
	checksumAt  = 24
	stateAt     = 28
	maxPayload  = 4 << 20 // far above any message, so that a damaged length is recognised
	recordMagic = "mfj\x01"
)

// state is what became of a record. Every other value counts as waiting: to dispatch once
// more is harmless, and to forget is not.
type state byte

const (
	stateWaiting    state = 0
	stateDispatched state = 'D'
	// stateRefused means that Temporal refused it for good and could not keep it as a dead
	// letter either.
	stateRefused state = 'R'
)

// castagnoli is the polynomial that processors compute in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendRecord(to []byte, sequence uint64, at time.Time, payload []byte) []byte {
	begin := len(to)
	to = append(to, recordMagic...)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(payload))) //nolint:gosec // bounded by maxPayload
	to = binary.LittleEndian.AppendUint64(to, sequence)
	to = binary.LittleEndian.AppendUint64(to, uint64(at.UnixNano()))
	to = append(to, make([]byte, headerSize-checksumAt)...)
	to = append(to, payload...)
	binary.LittleEndian.PutUint32(to[begin+checksumAt:], checksum(to[begin:]))
	return to
}

func checksum(record []byte) uint32 {
	sum := crc32.Update(0, castagnoli, record[lengthAt:checksumAt])
	return crc32.Update(sum, castagnoli, record[headerSize:])
}

// record is one whole record as it was found.
type record struct {
	sequence uint64
	at       time.Time
	state    state
	payload  []byte
}

// readRecord returns the record at the beginning of data and its size, or false when there is
// no whole one with a matching checksum.
func readRecord(data []byte) (record, int, bool) {
	if len(data) < headerSize || string(data[:lengthAt]) != recordMagic {
		return record{}, 0, false
	}
	length := int(binary.LittleEndian.Uint32(data[lengthAt:]))
	if length > maxPayload || length > len(data)-headerSize {
		return record{}, 0, false
	}
	whole := data[:headerSize+length]
	if binary.LittleEndian.Uint32(data[checksumAt:]) != checksum(whole) {
		return record{}, 0, false
	}
	return record{
		sequence: binary.LittleEndian.Uint64(data[sequenceAt:]),
		at:       time.Unix(0, int64(binary.LittleEndian.Uint64(data[timeAt:]))), //nolint:gosec // written the same way
		state:    state(data[stateAt]), payload: whole[headerSize:],
	}, len(whole), true
}

// damage is a stretch of a segment in which no record can be read.
type damage struct {
	from, to int
	// torn means that nothing readable follows: an append that was cut off by a crash, and
	// was never acknowledged.
	torn bool
}

// scan calls each for every record with its place, and returns where there is none to read.
// After damage it goes on at the next record whose checksum matches, so that one bad block
// costs no more than the records in it.
func scan(data []byte, each func(at int, r record)) []damage {
	var damages []damage
	for at := 0; at < len(data); {
		if r, size, ok := readRecord(data[at:]); ok {
			each(at, r)
			at += size
			continue
		}
		next := nextRecord(data, at+1)
		damages = append(damages, damage{from: at, to: next, torn: next == len(data)})
		at = next
	}
	return damages
}

// nextRecord returns where the next readable record begins, or the end of data.
func nextRecord(data []byte, from int) int {
	for from < len(data) {
		found := bytes.Index(data[from:], []byte(recordMagic))
		if found < 0 {
			return len(data)
		}
		if _, _, ok := readRecord(data[from+found:]); ok {
			return from + found
		}
		from += found + 1
	}
	return len(data)
}
