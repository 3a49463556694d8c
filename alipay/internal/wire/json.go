package wire

import (
	"bytes"
	"encoding/json"
	"errors"

	"miniflow/alipay"
)

// Complaints about a JSON text.
var (
	errNotJSON         = errors.New("not JSON")
	ErrTooDeep         = errors.New("nested deeper than any documented message")
	ErrDuplicateMember = errors.New("an object has one member twice")
)

// checkJSON accepts one JSON value, nested at most [alipay.MaxDepth] deep, in which no
// object has a member twice: of two readers one would take the first and the
// other the last, and whoever can slip a member in could choose. Its callers
// have made sure that the text is UTF-8, a [charset.decode] comes first.
//
// Depth is checked first and without a stack, so that a hostile text costs no
// more memory than itself.
func checkJSON(data []byte) error {
	if tooDeep(data) {
		return ErrTooDeep
	}
	if !json.Valid(data) {
		return errNotJSON
	}
	if duplicateMember(data) {
		return ErrDuplicateMember
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
			if depth++; depth > alipay.MaxDepth {
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
	var open [alipay.MaxDepth + 1]members // of the objects around, by depth
	depth := 0
	nameNext := false // whether a string here would be a member's name
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
			nameNext = data[i] == '{'
			open[depth].begin(nameNext)
		case '}', ']':
			depth--
			nameNext = false
		case ',':
			nameNext = open[depth].ofObject
		case '"':
			end := stringEnd(data, i)
			if nameNext && !open[depth].add(data[i:end+1]) {
				return true
			}
			i, nameNext = end, false
		}
	}
	return false
}

// fewMembers is how many names are compared one by one. An object of Alipay's
// rarely has more, and a map costs more than all of it.
const fewMembers = 16

// members are the names that an object has shown so far.
type members struct {
	ofObject bool                // false inside an array, which has none
	few      [][]byte            // unescaped; at most fewMembers
	many     map[string]struct{} // what comes after those
}

// begin forgets the names of the object or array before, and keeps its room.
func (m *members) begin(ofObject bool) {
	m.ofObject, m.few, m.many = ofObject, m.few[:0], nil
}

// add notes a name, in its quotation marks, and reports whether it is new.
func (m *members) add(quoted []byte) bool {
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		var unescaped string
		if json.Unmarshal(quoted, &unescaped) != nil {
			return false
		}
		name = []byte(unescaped)
	}
	for _, other := range m.few {
		if bytes.Equal(name, other) {
			return false
		}
	}
	if len(m.few) < fewMembers {
		m.few = append(m.few, name)
		return true
	}
	if m.many == nil {
		m.many = make(map[string]struct{})
	}
	before := len(m.many)
	m.many[string(name)] = struct{}{}
	return len(m.many) > before
}
