package alipay

import (
	"encoding/json"
	"errors"
)

// Complaints about a JSON text.
var (
	errNotJSON         = errors.New("not JSON")
	errTooDeep         = errors.New("nested deeper than any documented message")
	errDuplicateMember = errors.New("an object has one member twice")
)

// checkJSON accepts one JSON value, nested at most [MaxDepth] deep, in which no
// object has a member twice: of two readers one would take the first and the
// other the last, and whoever can slip a member in could choose. Its callers
// have made sure that the text is UTF-8, a [charset.decode] comes first.
//
// Depth is checked first and without a stack, so that a hostile text costs no
// more memory than itself.
func checkJSON(data []byte) error {
	if tooDeep(data) {
		return errTooDeep
	}
	if !json.Valid(data) {
		return errNotJSON
	}
	if duplicateMember(data) {
		return errDuplicateMember
	}
	return nil
}

// tooDeep counts brackets outside strings. On a text that is no JSON its answer
// means nothing, but it always ends.
func tooDeep(data []byte) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i)
		case '{', '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// stringEnd gives the index of the quotation mark that ends the string starting
// at i, or of the last byte when it doesn't end.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(data) - 1
}

// duplicateMember walks valid JSON and looks for an object with one name twice,
// however the name is escaped.
func duplicateMember(data []byte) bool {
	var open [MaxDepth + 1]map[string]struct{} // names seen, by depth; nil inside an array
	depth := 0
	nameNext := false // whether a string here would be a member's name
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			depth++
			open[depth], nameNext = make(map[string]struct{}), true
		case '[':
			depth++
			open[depth], nameNext = nil, false
		case '}', ']':
			depth--
			nameNext = false
		case ',':
			nameNext = open[depth] != nil
		case '"':
			end := stringEnd(data, i)
			if nameNext && !addName(open[depth], data[i:end+1]) {
				return true
			}
			i, nameNext = end, false
		}
	}
	return false
}

// addName notes a member's name and reports whether it is new.
func addName(names map[string]struct{}, quoted []byte) bool {
	var name string
	if json.Unmarshal(quoted, &name) != nil {
		return false
	}
	if _, seen := names[name]; seen {
		return false
	}
	names[name] = struct{}{}
	return true
}
