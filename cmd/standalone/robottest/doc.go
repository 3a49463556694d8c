// Package robottest has what Miniflow tells robots tried on a real Temporal: its schedule, its visibility,
// its retries. It has tests alone.
package robottest
