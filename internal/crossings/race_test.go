//go:build race

package crossings

// underRace : the race detector makes lives several times as long, and finds what it
// finds in a few of them.
const underRace = true
