package diagnose

import (
	"iter"
)

type attempt struct {
	draft      draft
	parameters []string
	detail     string
}

// repair undoes one kind of damage, in every way in which it may have happened, the likeliest
// first. It yields nothing where the damage left no trace.
type repair struct {
	cause    Cause
	attempts func(d draft, s *search) iter.Seq[attempt]
}

func (r repair) finding(a attempt) Finding {
	return Finding{Cause: r.cause, Proven: true, Parameters: a.parameters, Detail: a.detail}
}

// repairs are ordered by likelihood, first what frameworks do to every request, then what
// copying and logging do, because the search stops at the first that holds.
var repairs = []repair{
	{CauseRepeatedParameter, undouble},
	{CauseTruncated, completed}, // before missing parameters, because an empty end may match them too
	{CauseMissingParameter, addMissing},
	{CauseSignType, otherSignType},
	{CauseAddedParameter, dropAdded},
	{CauseCharset, convertBack},
	{CauseHTMLEscaped, each(htmlEntities.Replace)},
	{CausePlusNotDecoded, plusToSpaces},
	{CauseValueSpaces, spacesToPlus},
	{CauseByteOrderMark, withoutByteOrderMark},
	{CauseBackslashes, backslashes},
	{CauseEncodedTwice, each(unescapePercent, unescape)},
	{CauseDecodedTwice, encodeOnce},
	{CauseLineBreaks, lineBreaks},
	{CauseJSONRewritten, rewriteJSON},
	{CauseWhitespaceAdded, trimmed},
	{CauseWhitespaceTrimmed, untrimmed},
	{CauseTruncated, closed},
}

// each returns a repair that applies functions to all values first, because frameworks damage
// all of them, then to one after the other.
func each(changes ...func(string) string) func(draft, *search) iter.Seq[attempt] {
	return func(d draft, _ *search) iter.Seq[attempt] {
		return func(yield func(attempt) bool) {
			for _, change := range changes {
				if !eachOf(d, change, yield) {
					return
				}
			}
		}
	}
}

func eachOf(d draft, change func(string) string, yield func(attempt) bool) bool {
	all, names := d.mapValues(change)
	if len(names) == 0 {
		return true
	}
	if !yield(attempt{draft: all, parameters: names}) {
		return false
	}
	if len(names) == 1 {
		return true
	}
	for _, name := range names {
		if !yield(attempt{draft: d.with(name, change(d.get(name))), parameters: []string{name}}) {
			return false
		}
	}
	return true
}

func atMost[T any](n int, seq iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		taken := 0
		for v := range seq {
			if taken++; taken > n || !yield(v) {
				return
			}
		}
	}
}
