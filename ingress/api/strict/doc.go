// Package strict reads JSON bodies strictly, because a lenient reader would accept what
// Alipay refuses days later: one value, UTF-8, bounded depth, no name twice, no control
// characters, and everything as its schema requires. Each bad field is named once, and no
// value that the caller sent is repeated.
package strict
