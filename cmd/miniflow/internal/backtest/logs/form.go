package logs

import (
	"bytes"
	"encoding/hex"

	"miniflow/alipay/notify"
)

// documented are the parameters at which a form may begin behind a word and an equals sign.
var documented = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range notify.DocumentedParameters() {
		names[name] = true
	}
	return names
}()

// formIn finds a form in a line: the longest run of characters of a form around a sign.
func formIn(line []byte) (span, bool) {
	for from := 0; ; {
		at := bytes.Index(line[from:], formSign)
		if at < 0 {
			return span{}, false
		}
		at += from
		from = at + len(formSign)
		if at > 0 && isName(line[at-1]) && !bytes.HasSuffix(line[:at], ampersand) {
			continue // another name that ends in sign
		}
		found := widen(line, at)
		if bytes.Contains(line[found.start:found.end], formAppID) {
			return found, true
		}
		from = max(from, found.end)
	}
}

// widen returns the form around a place: everything up to a blank, a quote or a bracket of HTML,
// without what a log has put around it.
func widen(line []byte, at int) span {
	s := span{at, at}
	for s.start > 0 && (formBytes[line[s.start-1]] || escaped(line, s.start-1)) {
		s.start--
	}
	for s.end < len(line) && (formBytes[line[s.end]] || escaped(line, s.end)) {
		s.end++
	}
	for s.end > at && bytes.IndexByte([]byte("],;)}"), line[s.end-1]) >= 0 {
		s.end--
	}
	s.start += colour(line, s.start)
	s.start += prefix(line[s.start:s.end])
	s.end = s.start + tail(line[s.start:s.end])
	return s
}

// colour returns the length of what is left of a terminal's colour, whose first byte belongs to no form.
func colour(line []byte, at int) int {
	const escape = 0x1b
	if at == 0 || line[at-1] != escape {
		return 0
	}
	for i := at; i < len(line) && bytes.IndexByte([]byte("[;0123456789m"), line[i]) >= 0; i++ {
		if line[i] == 'm' {
			return i + 1 - at
		}
	}
	return 0
}

// prefix returns the length of what stands before the first name: a path with its question mark,
// brackets, words with their equals signs. The first name is a documented one whose value is encoded, or
// else any documented one, or whatever there is.
func prefix(form []byte) int {
	field, _, _ := bytes.Cut(form, []byte("&"))
	first, named := -1, -1
	for i, c := range field {
		if c != '=' {
			continue
		}
		at := lastNoName(field[:i]) + 1
		if first < 0 {
			first = at
		}
		if !documented[string(field[at:i])] {
			continue
		}
		if encodedUntil(field[i+1:]) == len(field)-i-1 {
			return at
		}
		if named < 0 {
			named = at
		}
	}
	return max(first, named, 0)
}

// tail returns where the last value ends. What a client has encoded has letters, digits and a few signs
// alone, so anything else behind it is the log's own: a bar, a comma, a sentence in Chinese.
func tail(form []byte) int {
	last := bytes.LastIndexByte(form, '&') + 1
	if last == 0 {
		return len(form)
	}
	for at := 0; at < last; at++ {
		if at += encodedUntil(form[at:last]); form[at] != '&' && form[at] != '=' {
			return len(form) // nothing here was encoded
		}
	}
	name, value, found := bytes.Cut(form[last:], []byte("="))
	if !found || string(name) == "sign" && bytes.IndexByte(value, '%') < 0 {
		return len(form)
	}
	return len(form) - len(value) + encodedUntil(value)
}

// encodedUntil returns the length of what text begins with that may be an encoded value.
func encodedUntil(text []byte) int {
	for i, c := range text {
		if !encoded[c] {
			return i
		}
	}
	return len(text)
}

// encoded has the bytes of an encoded value, and is a table as formBytes is.
var encoded = func() (table [256]bool) {
	for c := range table {
		table[c] = isName(byte(c)) || bytes.IndexByte([]byte("%+.*-~"), byte(c)) >= 0
	}
	return table
}()

// lastNoName returns the place of the last byte that is not of a name, or -1.
func lastNoName(text []byte) int {
	at := len(text) - 1
	for at >= 0 && isName(text[at]) {
		at--
	}
	return at
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// escaped reports whether a form goes on at a backslash: the second half of a character of GBK, or
// the beginning of an escape of the log's.
func escaped(line []byte, i int) bool {
	return line[i] == '\\' && (i > 0 && line[i-1] >= 0x81 || escapeAt(line[i:]) > 0)
}

// formBytes has the bytes of a form. Those outside ASCII belong to it, since some clients don't
// escape GBK. It is a table, because it is asked for every byte of a log.
var formBytes = func() (table [256]bool) {
	for c := range table {
		table[c] = c > ' ' && c != 0x7f && bytes.IndexByte([]byte("\"'<>\\"), byte(c)) < 0
	}
	return table
}()

// escapeAt returns the length of an escape of a logged form: \xHH of nginx, \u00HH and \/ of JSON.
func escapeAt(text []byte) int {
	switch {
	case len(text) < 2:
		return 0
	case text[1] == '/':
		return 2
	case text[1] == 'x' && len(text) >= 4 && isHex(text[2]) && isHex(text[3]):
		return 4
	case len(text) >= 6 && text[1] == 'u' && text[2] == '0' && text[3] == '0' && isHex(text[4]) && isHex(text[5]):
		return 6
	default:
		return 0
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unescapeForm appends a form as it was posted. A form without a backslash is copied.
func unescapeForm(to, form []byte) []byte {
	for {
		at := bytes.IndexByte(form, '\\')
		if at < 0 {
			return append(to, form...)
		}
		to = append(to, form[:at]...)
		switch length := escapeAt(form[at:]); length {
		case 2:
			to = append(to, '/')
			form = form[at+2:]
		case 4: // a byte that is no character of a form's: as such it would separate parameters
			to = append(append(to, '%'), form[at+2:at+4]...)
			form = form[at+4:]
		case 6:
			to, _ = hex.AppendDecode(to, form[at+4:at+6])
			form = form[at+6:]
		default: // the second half of a GBK character
			to = append(to, '\\')
			form = form[at+1:]
		}
	}
}
