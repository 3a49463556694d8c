package workflows

import (
	"encoding/json"

	"miniflow/order"
)

// Carried state stays below 512 KiB by construction: Temporal wedges a workflow
// whose payloads exceed two MiB. Each part has its bound where it is kept; most
// bounds here are in bytes of JSON because what they bound comes in any size.
const (
	// maxHeldBytes bounds what a mini program holds until an order claims it.
	maxHeldBytes = 256 << 10
	// maxPassedBytes bounds the content that an order is passed, which acts on the
	// evidence; the door has the same bound.
	maxPassedBytes = 8 << 10
	// maxQueue bounds the orders that wait for a mini program.
	maxQueue = 200
	// maxClaimBytes bounds the messages that wait for Alipay's query to agree.
	maxClaimBytes = 32 << 10
)

// sizeOf is what a message takes of a state, in bytes.
func sizeOf(n order.Notification) int {
	written, err := json.Marshal(n)
	if err != nil {
		return maxHeldBytes
	}
	return len(written)
}

// sealedBytes is the size of a block's layers, in bytes.
func sealedBytes(layers []order.Sealed) int {
	total := 0
	for _, layer := range layers {
		total += len(layer)
	}
	return total
}
