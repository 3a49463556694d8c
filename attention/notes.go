package attention

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Notes are those of an app, the one touched last at the end.
type Notes []Note

// maxNotes bounds the notes of an app, in bytes of JSON.
const maxNotes = 192 << 10

// Of returns the note about an item, an empty one where nobody has noted anything.
func (n Notes) Of(id string) Note {
	if at := n.index(id); at >= 0 {
		return n[at]
	}
	return Note{ID: id}
}

func (n Notes) index(id string) int {
	return slices.IndexFunc(n, func(note Note) bool { return note.ID == id })
}

// Instruct notes something, and returns the note. What nobody has touched for [KeepNotes] is dropped,
// and beyond the bound of all what was touched longest ago.
func (n *Notes) Instruct(in Instruction, now time.Time) Note {
	note := n.Of(in.ID)
	note.carry(in, now)
	if at := n.index(in.ID); at >= 0 {
		*n = slices.Delete(*n, at, at+1)
	}
	*n = append(*n, note)
	n.Prune(now)
	return note
}

// Prune drops what nobody has touched for long, and what is beyond the bound.
func (n *Notes) Prune(now time.Time) {
	*n = slices.DeleteFunc(*n, func(note Note) bool { return now.Sub(note.TouchedAt) >= KeepNotes })
	size := 0
	for at := len(*n) - 1; at >= 0; at-- {
		if size += sizeOf((*n)[at]); size > maxNotes {
			*n = slices.Delete(*n, 0, at+1)
			return
		}
	}
}

func sizeOf(value any) int {
	written, err := json.Marshal(value)
	if err != nil { // it was read from JSON, so this does not happen; too large is the safe answer
		return math.MaxInt32
	}
	return len(written)
}

// Expiry returns when the first note is dropped, the zero time where there is none.
func (n Notes) Expiry() time.Time {
	if len(n) == 0 {
		return time.Time{}
	}
	return n[0].TouchedAt.Add(KeepNotes)
}
