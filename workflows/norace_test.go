//go:build !race

package workflows_test

// underRace reports whether the race detector is on.
const underRace = false
