package channel

import (
	"encoding/json"
	"errors"
)

// Errors about a JSON object, distinct because they become different reasons of a
// [FrameError].
var (
	errNotObject = errors.New("not one JSON object")
	errTwice     = errors.New("an object has one member twice")
)

// members splits one JSON object, which nothing may follow. The values are the very bytes of
// raw, because signatures cover such bytes. A name that occurs twice, in whatever escape,
// refuses the whole object: the value that is verified might not be the one that is read.
//
// A value is found by matching brackets and is not checked further. That keeps data of any
// depth in one piece for the verifier, which does check it.
func members(raw []byte, in Charset) (map[string][]byte, error) {
	c := cursor{text: in.mask(raw)}
	found := make(map[string][]byte)
	if !c.skip('{') {
		return nil, errNotObject
	}
	for first := true; !c.skip('}'); first = false {
		if !first && !c.skip(',') {
			return nil, errNotObject
		}
		nameFrom, nameTo, isName := c.string()
		if !isName || !c.skip(':') {
			return nil, errNotObject
		}
		from, to, isValue := c.value()
		name, readable := unquote(raw[nameFrom:nameTo], in)
		if !isValue || !readable || len(found) == maxMembers {
			return nil, errNotObject
		}
		if _, seen := found[name]; seen {
			return nil, errTwice
		}
		found[name] = raw[from:to]
	}
	if !c.atEnd() {
		return nil, errNotObject
	}
	return found, nil
}

func unquote(quoted []byte, in Charset) (string, bool) {
	var text string
	decoded, ok := in.decode(quoted)
	ok = ok && json.Unmarshal(decoded, &text) == nil
	return text, ok
}

func valid(raw []byte, in Charset) bool {
	decoded, ok := in.decode(raw)
	return ok && json.Valid(decoded)
}

// frameError keeps a repeated member apart from broken JSON: the one is an attack or a broken
// proxy, the other only damage.
func frameError(err error) *FrameError {
	if errors.Is(err, errTwice) {
		return &FrameError{ReasonDuplicate}
	}
	return &FrameError{ReasonJSON}
}

// cursor walks masked JSON text byte by byte, because the standard decoder refuses GBK and
// would not return the original bytes.
type cursor struct {
	text []byte
	at   int
}

func (c *cursor) blanks() byte {
	for ; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case ' ', '\t', '\r', '\n':
		default:
			return c.text[c.at]
		}
	}
	return 0
}

func (c *cursor) atEnd() bool { return c.blanks() == 0 && c.at == len(c.text) }

func (c *cursor) skip(wanted byte) bool {
	if c.blanks() != wanted || c.at == len(c.text) {
		return false
	}
	c.at++
	return true
}

func (c *cursor) string() (from, to int, ok bool) {
	if c.blanks() != '"' {
		return 0, 0, false
	}
	from = c.at
	for c.at++; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case '\\':
			c.at++
		case '"':
			c.at++
			return from, c.at, true
		}
	}
	return 0, 0, false
}

func (c *cursor) value() (from, to int, ok bool) {
	switch c.blanks() {
	case '"':
		return c.string()
	case '{', '[':
		return c.nested()
	}
	from = c.at
	for ; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case ',', '}', ']', ':', '"', '{', '[', ' ', '\t', '\r', '\n':
			return from, c.at, c.at > from
		}
	}
	return 0, 0, false // an object can't end inside a value
}

func (c *cursor) nested() (from, to int, ok bool) {
	from = c.at
	for depth := 0; c.at < len(c.text); {
		switch c.text[c.at] {
		case '"':
			if _, _, ok := c.string(); !ok {
				return 0, 0, false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.at++
		if depth == 0 {
			return from, c.at, true
		}
	}
	return 0, 0, false
}
