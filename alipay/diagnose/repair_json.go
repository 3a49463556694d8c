package diagnose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// rewriteJSON respells JSON as other writers do. The order of members can't be restored, so a
// value that was sorted stays unexplained.
func rewriteJSON(d draft, s *search) iter.Seq[attempt] {
	plain := func(text string) string { return unescapeUnicode(compact(text)) }
	return each(compact, unescapeUnicode, plain,
		ofJSON(func(text string) string { return strings.ReplaceAll(text, `\/`, "/") }),
		ofJSON(func(text string) string {
			return strings.ReplaceAll(strings.ReplaceAll(text, `\/`, "/"), "/", `\/`)
		}),
		func(text string) string { return strings.ReplaceAll(plain(text), `\/`, "/") },
		ofJSON(func(text string) string { return strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(compact(text)) }),
		ofJSON(escapeUnicode),
		ofJSON(strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace),
	)(d, s)
}

// isJSON reports whether text is an object or a list; a bare number or word isn't rewritten,
// because ids look like that too.
func isJSON(text string) bool {
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid([]byte(text))
}

func ofJSON(change func(string) string) func(string) string {
	return func(text string) string {
		if !isJSON(text) {
			return text
		}
		return change(text)
	}
}

func compact(text string) string {
	var b bytes.Buffer
	if text != strings.TrimSpace(text) || !isJSON(text) || json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

var unicodeEscapes = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+`)

func unescapeUnicode(text string) string {
	if !isJSON(text) {
		return text
	}
	return unicodeEscapes.ReplaceAllStringFunc(text, func(run string) string {
		var units []uint16
		for code := range strings.SplitSeq(run[2:], `\u`) {
			unit, err := strconv.ParseUint(code, 16, 16)
			if err != nil || unit < 0x20 || unit == '"' || unit == '\\' {
				return run
			}
			units = append(units, uint16(unit))
		}
		return string(utf16.Decode(units))
	})
}

func escapeUnicode(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unclosed reports whether text is JSON that stops before its end, because that proves a cut,
// unlike JSON that is merely wrong.
func unclosed(text string) bool {
	if text = strings.TrimSpace(text); !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
		if delimiter, ok := token.(json.Delim); ok {
			if depth++; delimiter == '}' || delimiter == ']' {
				depth -= 2
			}
		}
		if depth == 0 {
			return false
		}
	}
}

// closed adds the few characters that a limit of a column or a log may have cut; a longer end
// can't be guessed.
func closed(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		for _, f := range d {
			if !unclosed(f.value) {
				continue
			}
			for _, end := range []string{"}", `"}`, "}}", `"}}`, "]", "]}", `"]`, `"]}`, "}]", `"}]`, "}]}", `"}]}`} {
				if !yield(attempt{draft: d.with(f.name, f.value+end), parameters: []string{f.name}, detail: "its end is missing"}) {
					return
				}
			}
		}
	}
}
