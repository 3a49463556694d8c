//go:build race

package crossings

// underRace is true because the race detector makes lives several times as long, and finds
// races in a few of them.
const underRace = true
