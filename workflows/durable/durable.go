// Package durable is what every workflow of Miniflow is made of: the typed start of an
// activity, a future that is awaited beside others, the memory of the messages that were
// seen, and the length at which a history is continued in a new run.
//
// It knows nothing of orders' stages. Everything in it is deterministic.
package durable

import (
	"cmp"
	"encoding/json"
	"math"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
)

// crowdedAt is the length of a history at which a workflow continues as new, unless
// its input names another. It is far below Temporal's limits, so that a history
// stays readable for people and a worker that has to load it is quick.
const crowdedAt = 1200

// Crowded reports whether a run's history is long enough to begin a new one: of the run's own
// accord, or because Temporal suggests it. An input may name the length; 0 is the default.
func Crowded(ctx workflow.Context, at int) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= cmp.Or(at, crowdedAt)
}

// Refuse returns a refusal that a person reads: its type makes the API answer 409 with this text. It
// is the refusal's detail, and its message in English.
func Refuse(why words.Text) error {
	return temporal.NewNonRetryableApplicationError(why.String(), order.RefusedType, nil, why)
}

// SizeOf returns what a message takes of a state, in bytes. Carried state stays below
// 512 KiB by construction, since Temporal wedges a workflow whose payloads exceed two
// MiB: each part has its bound where it is kept, in bytes of JSON where what it bounds
// comes in any size.
func SizeOf(n order.Notification) int {
	written, err := json.Marshal(n)
	if err != nil { // it was read from JSON, so this does not happen; too large is the safe answer
		return math.MaxInt32
	}
	return len(written)
}
