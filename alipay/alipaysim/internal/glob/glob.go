// Package glob matches names, so that a pattern means the same in rules, faults and
// subscriptions.
package glob

import (
	"fmt"
	"path"
)

// Match is path.Match with the empty pattern matching everything: a rule or fault that
// leaves a glob out means all.
func Match(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return pattern == "" || (err == nil && matched)
}

// Check refuses a pattern that could never match, and names the field in which it
// stands.
func Check(field, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("%s %q is not a glob; use *, ? and [a-z]", field, pattern)
	}
	return nil
}
