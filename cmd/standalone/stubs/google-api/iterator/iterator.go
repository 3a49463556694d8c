// Package iterator has the end of a list, as the client of Google's cloud storage would say it.
package iterator

import "errors"

// Done means that a list has no more items.
var Done = errors.New("the list has ended") //nolint:revive,staticcheck // the name is Google's
