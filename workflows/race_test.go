//go:build race

package workflows_test

// underRace is true where the race detector is on, which makes a life several times as long.
const underRace = true
