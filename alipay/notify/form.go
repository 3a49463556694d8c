package notify

import (
	"bytes"
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// param is one parameter, percent-decoded once. Name and value are raw bytes in the sender's
// charset, because the signature covers those; they are strings because they are never
// changed.
type param struct{ name, value string }

// blank reports whether some signers leave the value out of the signed text: it is empty or
// only ASCII white space.
func (p param) blank() bool {
	for i := range len(p.value) {
		switch p.value[i] {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			return false
		}
	}
	return true
}

// form is the parameters of a body, sorted by name in byte order, because the signed text has
// that order; no name occurs twice.
type form []param

// readForm reads an application/x-www-form-urlencoded body. Unlike url.ParseQuery it refuses
// a repeated name, because two readers could choose different values, has limits, and treats
// a semicolon as an ordinary character. A reason other than "" means refused.
func readForm(body []byte) (form, Reason) {
	if len(body) > alipay.MaxBody {
		return nil, ReasonTooLarge
	}
	var decoded strings.Builder
	decoded.Grow(len(body))
	spans := make([]span, 0, 24)
	for rest := body; len(rest) > 0; {
		var field []byte
		if field, rest = cutByte(rest, '&'); len(field) == 0 {
			continue
		}
		s, ok := readField(&decoded, field)
		if !ok || len(spans) == alipay.MaxParameters {
			return nil, ReasonMalformed
		}
		spans = append(spans, s)
	}
	text := decoded.String()
	// Sorting the spans first moves no pointers, which would cost write barriers.
	slices.SortFunc(spans, func(a, b span) int { return strings.Compare(text[a.start:a.middle], text[b.start:b.middle]) })
	f := make(form, 0, len(spans)+1)
	for _, s := range spans {
		f = append(f, param{text[s.start:s.middle], text[s.middle:s.end]})
	}
	if reason := f.sort(); reason != "" {
		return nil, reason
	}
	return f, ""
}

// span is the place of a decoded parameter in the buffer: its name up to middle, its value
// from there. The buffer still moves while it grows, so these are offsets.
type span struct{ start, middle, end int }

func readField(decoded *strings.Builder, field []byte) (span, bool) {
	name, value := cutByte(field, '=')
	s := span{start: decoded.Len()}
	if !unescape(decoded, name) {
		return span{}, false
	}
	s.middle = decoded.Len()
	if size := s.middle - s.start; size == 0 || size > alipay.MaxParameterName {
		return span{}, false
	}
	ok := unescape(decoded, value)
	s.end = decoded.Len()
	return s, ok
}

// sort brings the parameters into the order of the signed text, in which repeated names
// become neighbours, and refuses those.
func (f form) sort() Reason {
	slices.SortFunc(f, func(a, b param) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(f); i++ {
		if f[i].name == f[i-1].name {
			return ReasonRepeatedParameter
		}
	}
	return ""
}

func (f form) index(name string) int {
	i, found := slices.BinarySearchFunc(f, name, func(p param, name string) int { return strings.Compare(p.name, name) })
	if !found {
		return -1
	}
	return i
}

func (f form) get(name string) string {
	if i := f.index(name); i >= 0 {
		return f[i].value
	}
	return ""
}

func (f form) take(name string) (form, string) {
	i := f.index(name)
	if i < 0 {
		return f, ""
	}
	value := f[i].value
	return slices.Delete(f, i, i+1), value
}

// cutByte splits at the first separator; without one, all data is before it.
func cutByte(data []byte, separator byte) (before, after []byte) {
	if i := bytes.IndexByte(data, separator); i >= 0 {
		return data[:i], data[i+1:]
	}
	return data, nil
}

// unescape appends data, percent-decoded exactly once, and reports whether every percent sign
// was followed by two hex digits. Decoding twice would change a value that contains a percent
// sign, and the signature would no longer hold.
func unescape(to *strings.Builder, data []byte) bool {
	plain := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '+':
			to.Write(data[plain:i])
			to.WriteByte(' ')
			plain = i + 1
		case '%':
			if i+2 >= len(data) || !wire.IsHex(data[i+1]) || !wire.IsHex(data[i+2]) {
				return false
			}
			to.Write(data[plain:i])
			to.WriteByte(wire.Unhex(data[i+1])<<4 | wire.Unhex(data[i+2]))
			i += 2
			plain = i + 1
		}
	}
	to.Write(data[plain:])
	return true
}
