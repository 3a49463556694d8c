package diagnose

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"miniflow/alipay/notify"
)

// reading is one interpretation of a captured text, with what would be wrong if it were
// right.
type reading struct {
	draft  draft
	causes []Cause
	detail string
}

// Form returns the form inside what people capture: a body, a query string with or without
// its URL, or a whole HTTP request. Line breaks at the end come from an editor, since a form
// has none.
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
	// A query begins before the first =, because a question mark after that belongs to a
	// value. After a blank, the text is not an address but a line that contains one.
	if before, after, found := strings.Cut(text, "?"); found && !strings.ContainsAny(strings.TrimSpace(before), "=&{ '\"\t\r\n") {
		text, _, _ = strings.Cut(after, "#")
	}
	return []byte(strings.TrimRight(text, "\r\n"))
}

// readings returns every interpretation of the text, the plain one first, because it needs no
// explanation.
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
	if strings.ContainsAny(text, "{}\": <>") || !isASCII(text) { // characters that a form never contains
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

var wrapped = regexp.MustCompile(`[ \t]*[\r\n]+[ \t]*`)

// verbatim reads name=value parts without decoding, for texts that something has decoded
// already: a second time would change a % or + in a value.
func verbatim(parts []string) draft {
	var d draft
	for _, part := range parts {
		if name, value, found := strings.Cut(part, "="); found {
			d = append(d, field{strings.TrimSpace(name), value})
		}
	}
	return d
}

var parameterStart = regexp.MustCompile(`&(` + strings.Join(notify.DocumentedParameters(), "|") + `)=`)

// splitDocumented cuts a decoded text where a documented parameter begins, because values may
// contain & themselves.
func splitDocumented(text string) []string {
	var parts []string
	from := 0
	for _, at := range parameterStart.FindAllStringIndex(text, -1) {
		parts = append(parts, text[from:at[0]])
		from = at[0] + 1
	}
	return append(parts, text[from:])
}
