package durable

import (
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/words"
)

// maxRepeats bounds the Idempotency-Keys that a workflow remembers. A client repeats a
// command within minutes; an order takes few in its life.
const maxRepeats = 100

// Repeats are the Idempotency-Keys of commands that were carried out, oldest first.
// Temporal knows an update again within one run alone; these go along.
type Repeats []usedKey

// usedKey is one of them, and what it was used for, so that the same key with another body
// is refused and not taken for a repetition.
type usedKey struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
}

// Digest returns what a key was used for, empty when it is unused.
func (r Repeats) Digest(key string) string {
	for _, used := range r {
		if used.Key == key {
			return used.Digest
		}
	}
	return ""
}

// Knows reports whether a command was carried out before, so that a client whose answer was lost
// can repeat it. A key that was used for another command is refused.
func (r Repeats) Knows(in order.Instruction) (bool, error) {
	if in.Key == "" {
		return false, nil
	}
	switch r.Digest(in.Key) {
	case "":
		return false, nil
	case in.Digest:
		return true, nil
	}
	why := words.New("refuse.key_reused")
	return false, temporal.NewNonRetryableApplicationError(why.String(), order.KeyReusedType, nil, why)
}

// Keep remembers a command that was carried out.
func (r *Repeats) Keep(in order.Instruction) {
	if in.Key == "" {
		return
	}
	*r = append(*r, usedKey{Key: in.Key, Digest: in.Digest})
	if len(*r) > maxRepeats {
		*r = (*r)[1:]
	}
}
