package logs

import "bytes"

// The bounds of the search for parameters inside JSON: a line may hold any amount of it. Objects of one
// text are tried from its beginning, and so many of a line in all, however they are nested.
const (
	maxNested  = 4
	maxObjects = 64
	maxTries   = 4 * maxObjects
)

// field is a parameter, its value as it was before JSON escaped it, and where that is written.
type field struct {
	name, value []byte
	at          span
}

// parser reads objects whose members are parameters. encoding/json can't: it replaces the bytes of
// GBK, and those are signed.
type parser struct {
	fields  []field
	text    []byte // what the fields refer to
	twoByte bool   // the line is not UTF-8, so a pair of bytes is one character
	tries   int    // how many more objects of the line are looked at
}

// find leaves the parameters of the first object that has app_id and sign in p.fields, and returns
// the place of the object in text.
func (p *parser) find(text []byte, depth int) (span, bool) {
	if depth == 0 {
		return span{}, false
	}
	p.twoByte = !isUTF8(text)
	at := 0
	for range maxObjects {
		next := bytes.IndexByte(text[at:], '{')
		if next < 0 {
			return span{}, false
		}
		if p.tries--; p.tries < 0 {
			return span{}, false
		}
		at += next
		end, ok := p.object(text, at)
		if ok && p.has("sign") && p.has("app_id") {
			return span{at, end}, true
		}
		if ok {
			if within, found := p.inside(depth); found {
				return within, true
			}
		}
		at++
	}
	return span{}, false
}

// inside looks into the values of an object for a message that was logged as text: a log of JSON
// has it escaped once more.
func (p *parser) inside(depth int) (span, bool) {
	for _, f := range p.fields {
		if !bytes.Contains(f.value, signWord) || !bytes.Contains(f.value, appIDWord) {
			continue
		}
		if at := bytes.IndexByte(f.value, '{'); at >= 0 && bytes.Contains(f.value[at:], quotedSign) {
			inner := parser{tries: p.tries}
			_, ok := inner.find(bytes.Clone(f.value), depth-1)
			if p.tries = inner.tries; ok {
				*p = inner
				return f.at, true
			}
		}
	}
	return span{}, false
}

func (p *parser) has(name string) bool { return p.index(name) >= 0 }

func (p *parser) index(name string) int {
	for i, f := range p.fields {
		if string(f.name) == name {
			return i
		}
	}
	return -1
}

func (p *parser) value(name string) string {
	if i := p.index(name); i >= 0 {
		return string(p.fields[i].value)
	}
	return ""
}

// object reads the object that begins at a brace and returns where it ends.
func (p *parser) object(text []byte, at int) (int, bool) {
	p.fields, p.text = p.fields[:0], p.text[:0]
	// The values are never longer than the line, so the buffer never moves under the fields.
	if cap(p.text) < len(text) {
		p.text = make([]byte, 0, 2*len(text))
	}
	for i := blank(text, at+1); i < len(text); {
		if text[i] == '}' {
			return i + 1, true
		}
		name, i2, ok := p.quoted(text, i)
		if i = blank(text, i2); !ok || i >= len(text) || text[i] != ':' {
			return 0, false
		}
		from := blank(text, i+1)
		value, i2, ok := p.member(text, from)
		if !ok {
			return 0, false
		}
		if value != nil { // null is a value that the log has lost
			p.fields = append(p.fields, field{name, value, span{from, i2}})
		}
		if i = blank(text, i2); i < len(text) && text[i] == ',' {
			i = blank(text, i+1)
		}
	}
	return 0, false
}

// member reads one value: a text, the only text of a list, or anything else as it is written.
func (p *parser) member(text []byte, i int) ([]byte, int, bool) {
	if i >= len(text) {
		return nil, i, false
	}
	switch text[i] {
	case '"':
		return p.quoted(text, i)
	case '{', '[':
		end, ok := p.skip(text, i)
		if !ok {
			return nil, i, false
		}
		if inner := blank(text, i+1); text[i] == '[' && text[inner] == '"' {
			if value, after, ok := p.quoted(text, inner); ok && blank(text, after) == end-1 {
				return value, end, true
			}
		}
		return text[i:end], end, true
	}
	end := i
	for end < len(text) && text[end] > ' ' && text[end] != ',' && text[end] != '}' && text[end] != ']' {
		end++
	}
	if string(text[i:end]) == "null" {
		return nil, end, true
	}
	return text[i:end], end, end > i
}

// skip returns the end of a list or an object, brackets in texts apart.
func (p *parser) skip(text []byte, i int) (int, bool) {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		case '"':
			end, ok := p.end(text, i)
			if !ok {
				return 0, false
			}
			i = end - 1
		}
	}
	return 0, false
}

func blank(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}
