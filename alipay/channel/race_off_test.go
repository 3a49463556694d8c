//go:build !race

package channel_test

// fewer divides the numbers of messages.
const fewer = 1

// slower multiplies the times after which a client gives something up.
const slower = 1
