//go:build !race

package crossings

// underRace reports whether the race detector is on.
const underRace = false
