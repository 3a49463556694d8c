//go:build !race

package channel_test

// fewer divides the numbers of messages.
const fewer = 1
