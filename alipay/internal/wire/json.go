package wire

import (
	"bytes"
	"encoding/json"
	"errors"

	"miniflow/alipay"
)

// Errors about a JSON text. The exported ones become a ContentProblem of their own, because
// no honest sender causes them.
var (
	errNotJSON         = errors.New("not JSON")
	ErrTooDeep         = errors.New("nested deeper than any documented message")
	ErrDuplicateMember = errors.New("an object has one member twice")
)

// checkJSON accepts one JSON value, nested at most [alipay.MaxDepth] deep, in which no object
// has a member twice: one reader would take the first and another the last, so an attacker
// who can add a member could choose. The text has to be UTF-8, which callers ensure with
// [Charset.Decode].
//
// Depth is checked first and without a stack, so that a hostile text costs no more memory
// than itself.
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

// tooDeep counts brackets outside strings. It needs no valid JSON: on other texts its result
// has no meaning, but it always ends.
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

// stringEnd returns the index of the quotation mark that ends the string starting at i. For
// an unterminated string it is the last byte, so that callers' loops end.
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

// duplicateMember looks for an object with one name twice in valid JSON. Names are compared
// unescaped, because readers see "a" and "\u0061" as the same member.
func duplicateMember(data []byte) bool {
	var open [alipay.MaxDepth + 1]members // of the enclosing objects, by depth: an array needs no allocation
	depth := 0
	nameNext := false
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

// fewMembers is the number of names that are compared one by one. Alipay's objects rarely
// have more, and a map would cost more than all comparisons.
const fewMembers = 16

type members struct {
	ofObject bool // strings of an array are not names
	few      [][]byte
	many     map[string]struct{} // allocated only beyond fewMembers
}

// begin forgets the names of the previous object but keeps their memory, so that most
// messages need no further allocation.
func (m *members) begin(ofObject bool) {
	m.ofObject, m.few, m.many = ofObject, m.few[:0], nil
}

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
