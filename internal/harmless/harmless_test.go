package harmless_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"miniflow/internal/harmless"
)

// tricks are what forgers put into names: line breaks, a terminal's escapes, characters
// that turn the direction of text, mark-up, links.
var tricks = []string{"\n", "\r", "\x1b[2J", "\u009b", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\x7f", "\x00", "\t", "\xff", "<b>", "[a](http://b)", "**", "`", "&lt;", "a@b.c", "|"}

// TestALineStaysALine checks that no text moves a cursor, begins a line, or turns around.
func TestALineStaysALine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(tricks), rapid.String())).Draw(t, "text"), "")
		for _, line := range []string{harmless.Line(text, '?'), harmless.Markdown(text)} {
			if !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r\t\x00\x1b\x7f\u009b\u2028\u2029\u202a\u202e\u2066\u2069") {
				t.Fatalf("%q became %q", text, line)
			}
		}
	})
}

// TestMarkdownMarksNothing checks that nothing is left with which a mark-up could begin.
func TestMarkdownMarksNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(tricks), rapid.String())).Draw(t, "text"), "")
		var bare strings.Builder // what is left without the character references
		for rest := harmless.Markdown(text); rest != ""; {
			if reference, after, found := strings.Cut(rest, ";"); found && strings.HasPrefix(reference, "&#") {
				rest = after
				continue
			}
			r, size := utf8.DecodeRuneInString(rest)
			bare.WriteRune(r)
			rest = rest[size:]
		}
		if strings.ContainsAny(bare.String(), "\\`*_{}[]()<>#+!|~&\"'$:/@") {
			t.Fatalf("%q became %q", text, harmless.Markdown(text))
		}
	})
	if got := harmless.Markdown("小程序 2021-x.y"); got != "小程序 2021-x.y" {
		t.Errorf("plain text became %q", got)
	}
}

// TestALineShowsWhereSomethingStood checks that nothing is dropped without a trace.
func TestALineShowsWhereSomethingStood(t *testing.T) {
	if got := harmless.Line("a\xffb\nc", '·'); got != "a?b·c" {
		t.Errorf("became %q", got)
	}
}
