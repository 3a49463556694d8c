package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

// maxRepeats bounds the Idempotency-Keys that an order remembers. A client repeats a
// command within minutes; an order takes few in its life.
const maxRepeats = 100

// repeats are the Idempotency-Keys of commands that were carried out, oldest first.
// Temporal knows an update again within one run alone; these go along.
type repeats []usedKey

// usedKey is one of them, and what it was used for.
type usedKey struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
}

// digest is what a key was used for; empty while it is unused.
func (r repeats) digest(key string) string {
	for _, used := range r {
		if used.Key == key {
			return used.Digest
		}
	}
	return ""
}

// knows tells whether a command was carried out before. A key that was used for
// another command is refused.
func (r repeats) knows(in order.Instruction) (bool, error) {
	if in.Key == "" {
		return false, nil
	}
	switch r.digest(in.Key) {
	case "":
		return false, nil
	case in.Digest:
		return true, nil
	}
	err := errors.New("this Idempotency-Key was used for another command, or with another body")
	return false, temporal.NewNonRetryableApplicationError(err.Error(), order.KeyReusedType, nil)
}

// keep remembers a command's key.
func (r *repeats) keep(in order.Instruction) {
	if in.Key == "" {
		return
	}
	*r = append(*r, usedKey{Key: in.Key, Digest: in.Digest})
	if len(*r) > maxRepeats {
		*r = (*r)[1:]
	}
}
