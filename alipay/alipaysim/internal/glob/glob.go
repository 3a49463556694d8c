// Package glob matches names the way rules, faults and subscriptions do.
package glob

import (
	"fmt"
	"path"
)

// Match is path.Match with the empty pattern matching everything.
func Match(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return pattern == "" || (err == nil && matched)
}

// Check says that a pattern is not a glob, or nil.
func Check(field, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("%s %q is not a glob; use *, ? and [a-z]", field, pattern)
	}
	return nil
}
