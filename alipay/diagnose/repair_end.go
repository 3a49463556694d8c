package diagnose

import (
	"iter"
	"slices"
	"strings"

	"miniflow/alipay/notify"
)

// completed restores the last parameter where a cut has left only its beginning and its value
// is one of few.
func completed(d draft, s *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		if len(d) == 0 {
			return
		}
		last, rest := d[len(d)-1], d[:len(d)-1]
		for _, f := range s.guesses(rest) {
			if f.value == "" || rest.has(f.name) || !begins(last, f) {
				continue
			}
			if !yield(attempt{draft: rest.with(f.name, f.value), parameters: []string{f.name}, detail: "the text is cut inside its last parameter"}) {
				return
			}
		}
	}
}

func begins(cut, whole field) bool {
	if cut.name == whole.name {
		return cut.value != whole.value && strings.HasPrefix(whole.value, cut.value)
	}
	return cut.value == "" && strings.HasPrefix(whole.name, cut.name)
}

// cutShort reports whether a last parameter can't be complete: its name is the beginning of a
// documented one, or its time has too few digits.
func cutShort(last field) bool {
	if last.name == "utc_timestamp" {
		return len(last.value) < len("1700000000000") && strings.Trim(last.value, "0123456789") == ""
	}
	documented := notify.DocumentedParameters()
	return last.value == "" && !slices.Contains(documented, last.name) &&
		slices.ContainsFunc(documented, func(name string) bool { return strings.HasPrefix(name, last.name) })
}
