//go:build race

package channel_test

// fewer divides the numbers of messages: the race detector looks for races, not
// for load, and makes everything ten times as slow.
const fewer = 10
