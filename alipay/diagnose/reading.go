package diagnose

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"miniflow/alipay"
)

// reading is one way in which a captured text can be meant.
type reading struct {
	draft  draft
	causes []Cause // what is wrong if this is how it was meant
}

// Form takes the form out of what people capture: a body, a query string with
// or without its URL, or a whole HTTP request. Line breaks at the end are an
// editor's, since a form has none.
func Form(captured []byte) []byte {
	text := string(captured)
	if method, rest, found := strings.Cut(text, " "); found && (method == "POST" || method == "GET") {
		head, body, _ := strings.Cut(strings.ReplaceAll(rest, "\r\n", "\n"), "\n\n")
		target, _, _ := strings.Cut(head, "\n")
		target, _, _ = strings.Cut(target, " HTTP/")
		if text = body; method == "GET" || strings.TrimSpace(body) == "" {
			text = target
		}
	}
	// A query begins before the first =; a question mark behind it is a value's.
	if before, after, found := strings.Cut(text, "?"); found && !strings.ContainsAny(before, "=&{") {
		text, _, _ = strings.Cut(after, "#")
	}
	return []byte(strings.TrimRight(text, "\r\n"))
}

// readings gives every way to read the text, the plain one first.
func readings(text string) []reading {
	list := []reading{{draft: parse(text)}}
	add := func(d draft, causes ...Cause) {
		if d.has(paramSign) {
			list = append(list, reading{draft: d, causes: causes})
		}
	}
	if trimmed := strings.TrimPrefix(text, byteOrderMark); trimmed != text {
		add(parse(trimmed), CauseByteOrderMark)
		text = trimmed
	}
	if d, ok := readJSON(text); ok {
		add(d, CauseNotAForm)
	}
	if lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }); len(lines) > 1 {
		add(parse(wrapped.ReplaceAllString(text, "")), CauseWhitespaceAdded)
		add(verbatim(lines), CauseNotAForm)
		for i := range lines {
			lines[i] = strings.TrimRight(strings.TrimSpace(lines[i]), "&")
		}
		add(parse(strings.Join(lines, "&")), CauseWhitespaceAdded)
	}
	if plain := htmlEntities.Replace(text); plain != text {
		add(parse(plain), CauseHTMLEscaped)
		add(verbatim(splitDocumented(plain)), CauseHTMLEscaped, CauseDecodedTwice)
	}
	if strings.ContainsAny(text, "{}\": <>") || !isASCII(text) { // what a form never has
		add(verbatim(splitDocumented(text)), CauseDecodedTwice)
		add(verbatim(strings.Split(text, "&")), CauseDecodedTwice)
	}
	if once := unescapePercent(text); once != text {
		add(parse(once), CauseEncodedTwice)
	}
	return list
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// wrapped matches a line break with the blanks around it.
var wrapped = regexp.MustCompile(`[ \t]*[\r\n]+[ \t]*`)

// verbatim takes name=value parts as they stand, without decoding.
func verbatim(parts []string) draft {
	var d draft
	for _, part := range parts {
		if name, value, found := strings.Cut(part, "="); found {
			d = append(d, field{strings.TrimSpace(name), value})
		}
	}
	return d
}

// parameterStart matches where a documented parameter begins in a decoded text.
var parameterStart = regexp.MustCompile(`&(` + strings.Join(alipay.DocumentedParameters(), "|") + `)=`)

// splitDocumented cuts a decoded text where a documented parameter begins: the
// values may contain & themselves.
func splitDocumented(text string) []string {
	var parts []string
	from := 0
	for _, at := range parameterStart.FindAllStringIndex(text, -1) {
		parts = append(parts, text[from:at[0]])
		from = at[0] + 1
	}
	return append(parts, text[from:])
}

// readJSON reads an object of parameters as frameworks log it. Values that are
// no strings count as they are written.
func readJSON(text string) (draft, bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, false
	}
	var d draft
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		var raw json.RawMessage
		if decoder.Decode(&raw) != nil {
			return nil, false
		}
		var value string
		if json.Unmarshal(raw, &value) != nil {
			var list []string // http.Request.Form and its like
			if value = string(bytes.TrimSpace(raw)); json.Unmarshal(raw, &list) == nil && len(list) == 1 {
				value = list[0]
			}
		}
		key, _ := name.(string) // a member's name is a string
		d = append(d, field{key, value})
	}
	return d, true
}
