// Package strict reads JSON bodies strictly: one value, UTF-8, bounded depth, no name twice,
// no control characters, and everything as its schema requires. Each bad field is named once,
// and no value that the caller sent is repeated.
package strict
