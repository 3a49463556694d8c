//go:build !race

package crossings

// underRace tells whether the race detector watches.
const underRace = false
