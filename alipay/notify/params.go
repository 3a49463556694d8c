package notify

import (
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
)

// Params are the parameters of a message that its signature covers, in UTF-8, without sign.
// They are read-only. Printing them yields only their number, because some messages carry
// personal data in them.
type Params struct{ list []param }

// Get returns a parameter's value, "" when it is missing, because Alipay uses both for the
// same.
func (p Params) Get(name string) string {
	if i, found := slices.BinarySearchFunc(p.list, name, func(e param, name string) int {
		return strings.Compare(e.name, name)
	}); found {
		return p.list[i].value
	}
	return ""
}

// Len returns the number of parameters, so that a caller can allocate for them.
func (p Params) Len() int { return len(p.list) }

// All returns names and values, sorted by name, so that equal messages are stored as equal
// bytes.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, e := range p.list {
			if !yield(e.name, e.value) {
				return
			}
		}
	}
}

// String returns only the number of parameters, never a value, because %v reaches logs.
func (p Params) String() string { return fmt.Sprintf("%d parameters", len(p.list)) }

// GoString returns only the number of parameters, because %#v would show the fields otherwise.
func (p Params) GoString() string { return "notify.Params{" + p.String() + "}" }

// LogValue returns only the number of parameters, because slog would print every exported member
// otherwise.
func (p Params) LogValue() slog.Value { return slog.StringValue(p.String()) }
