//go:build race

package channel_test

// fewer divides the numbers of messages: the race detector makes everything ten times as
// slow, and finds races without load.
const fewer = 10

// slower multiplies the times after which a client gives something up.
const slower = 3
