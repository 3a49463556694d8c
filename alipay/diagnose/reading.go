package diagnose

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"miniflow/alipay/notify"
)

// reading is one way in which a captured text can be meant.
type reading struct {
	draft  draft
	causes []Cause // what is wrong if this is how it was meant
	detail string  // of the first of them
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
	// A query begins before the first =; a question mark behind it is a value's. With a
	// blank before it, it is no address but a line with one in it.
	if before, after, found := strings.Cut(text, "?"); found && !strings.ContainsAny(strings.TrimSpace(before), "=&{ '\"\t\r\n") {
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
var parameterStart = regexp.MustCompile(`&(` + strings.Join(notify.DocumentedParameters(), "|") + `)=`)

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
