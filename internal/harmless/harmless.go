// Package harmless makes text from outside safe to display, because merchants, reviewers and
// forgers write it, and operators read it next to buttons.
package harmless

import (
	"fmt"
	"strings"
	"unicode"
)

// IsControl reports whether r is a control character, turns the direction of the text around
// it, or breaks lines in some viewers, because with such a character a page or a terminal
// shows something else than what the text contains.
func IsControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// Line returns text as one line of valid UTF-8 that moves no cursor. Each control character
// becomes instead, and is not dropped, so that a reader sees that something stood there.
func Line(text string, instead rune) string {
	return strings.Map(func(r rune) rune {
		if IsControl(r) {
			return instead
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// Markdown escapes text for the Temporal Web UI, which renders Markdown and raw HTML in
// summaries and details. Every character that could begin a mark-up becomes a character
// reference, and a control character becomes a space, so that the text stays one line.
func Markdown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case IsControl(r):
			b.WriteByte(' ')
		case strings.ContainsRune("\\`*_{}[]()<>#+!|~&\"'$:/@", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
