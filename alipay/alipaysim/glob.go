package alipaysim

import (
	"fmt"
	"path"
)

// globMatches is path.Match with the empty pattern matching everything.
func globMatches(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return pattern == "" || (err == nil && matched)
}

func checkGlob(field, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("%s %q is not a glob; use *, ? and [a-z]", field, pattern)
	}
	return nil
}
