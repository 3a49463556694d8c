package notify

import (
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
)

// Params are the parameters of a message that its signature covers, in UTF-8,
// without sign. They are read-only. Printing them gives their number only:
// some messages carry people's data in them.
type Params struct{ list []param } // sorted by name

// Get gives a parameter's value, "" when the message has none of that name.
func (p Params) Get(name string) string {
	if i, found := slices.BinarySearchFunc(p.list, name, func(e param, name string) int {
		return strings.Compare(e.name, name)
	}); found {
		return p.list[i].value
	}
	return ""
}

// Len gives the number of parameters.
func (p Params) Len() int { return len(p.list) }

// All gives names and values, sorted by name.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, e := range p.list {
			if !yield(e.name, e.value) {
				return
			}
		}
	}
}

// String gives the number of parameters.
func (p Params) String() string { return fmt.Sprintf("%d parameters", len(p.list)) }

// GoString gives the number of parameters.
func (p Params) GoString() string { return "notify.Params{" + p.String() + "}" }

// LogValue gives the number of parameters.
func (p Params) LogValue() slog.Value { return slog.StringValue(p.String()) }
