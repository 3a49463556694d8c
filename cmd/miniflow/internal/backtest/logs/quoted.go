package logs

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// end returns the place behind a quoted text. In GBK a backslash may be the second half of a
// character, which escapes nothing.
func (p *parser) end(text []byte, i int) (int, bool) {
	if !p.twoByte {
		return plainEnd(text, i+1)
	}
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1, true
		case c == '\\', c >= 0x81:
			i++
		}
	}
	return 0, false
}

// plainEnd looks from quote to quote: one behind an odd number of backslashes is escaped.
func plainEnd(text []byte, from int) (int, bool) {
	for i := from; ; {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			return 0, false
		}
		i += next + 1
		escapes := 0
		for at := i - 2; at >= from && text[at] == '\\'; at-- {
			escapes++
		}
		if escapes%2 == 0 {
			return i, true
		}
	}
}

// quoted reads a quoted text and returns it unescaped, never nil.
func (p *parser) quoted(text []byte, i int) ([]byte, int, bool) {
	if i >= len(text) || text[i] != '"' {
		return nil, i, false
	}
	end, ok := p.end(text, i)
	if !ok {
		return nil, i, false
	}
	inner := text[i+1 : end-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, end, true
	}
	from := len(p.text)
	for len(inner) > 0 {
		var length int
		switch c := inner[0]; {
		case c == '\\' && len(inner) > 1:
			length = p.unescape(inner)
		case p.twoByte && c >= 0x81 && len(inner) > 1:
			p.text = append(p.text, inner[:2]...)
			length = 2
		default:
			// All that needs no look goes at once.
			if length = bytes.IndexByte(inner, '\\'); length < 0 {
				length = len(inner)
			}
			if p.twoByte || length == 0 {
				length = 1
			}
			p.text = append(p.text, inner[:length]...)
		}
		inner = inner[length:]
	}
	return p.text[from:len(p.text):len(p.text)], end, true
}

// unescape appends what an escape stands for, and returns its length.
func (p *parser) unescape(text []byte) int {
	switch c := text[1]; c {
	case 'n':
		p.text = append(p.text, '\n')
	case 'r':
		p.text = append(p.text, '\r')
	case 't':
		p.text = append(p.text, '\t')
	case 'b':
		p.text = append(p.text, '\b')
	case 'f':
		p.text = append(p.text, '\f')
	case 'u':
		return p.unicode(text)
	default:
		p.text = append(p.text, c)
	}
	return 2
}

// unicode appends the character of an escape by its number, of two where it takes two.
func (p *parser) unicode(text []byte) int {
	first, ok := unit(text)
	if !ok {
		p.text = append(p.text, text[:2]...)
		return 2
	}
	if utf16.IsSurrogate(first) {
		if second, ok := unit(text[6:]); ok {
			if whole := utf16.DecodeRune(first, second); whole != utf8.RuneError {
				p.text = utf8.AppendRune(p.text, whole)
				return 12
			}
		}
	}
	p.text = utf8.AppendRune(p.text, first)
	return 6
}

func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(code), err == nil
}

// unescaped returns a line as it was before a log quoted it, in one of the finder's buffers. Bytes that
// nginx writes as \xHH stay as they are written: they are a form's.
func (f *Finder) unescaped(buffer int, line []byte) []byte {
	p := parser{text: f.lines[buffer][:0], twoByte: !isUTF8(line)}
	for len(line) > 0 {
		length := 1
		switch c := line[0]; {
		case c == '\\' && len(line) > 1 && line[1] != 'x':
			length = p.unescape(line)
		case p.twoByte && c >= 0x81 && len(line) > 1:
			length = 2
			p.text = append(p.text, line[:length]...)
		default:
			if next := bytes.IndexByte(line[1:], '\\'); !p.twoByte && next >= 0 {
				length = next + 1
			} else if !p.twoByte {
				length = len(line)
			}
			p.text = append(p.text, line[:length]...)
		}
		line = line[length:]
	}
	f.lines[buffer] = p.text
	return p.text
}
