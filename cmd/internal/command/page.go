package command

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"miniflow/words"
)

// Page writes text for a person and keeps the first error, so that a command writes
// its lines without asking after each.
type Page struct {
	w       io.Writer
	colours bool
	err     error
	// language is what our own names and sentences are said in.
	language words.Language
}

// NewPage returns an empty page. The caller says whether it is for a terminal, since only it
// knows where the text goes.
func NewPage(w io.Writer, colours bool) *Page { return &Page{w: w, colours: colours} }

// Line writes one line, whose format is a sentence of the catalogue in English or a layout without
// words. Its error waits until Show returns it, so that callers need no check.
func (p *Page) Line(format string, args ...any) {
	_, err := io.WriteString(p.w, p.Sayf(format, args...)+"\n")
	p.err = errors.Join(p.err, err)
}

// Sayf returns a sentence of the catalogue, by its English, for a part of a line.
func (p *Page) Sayf(format string, args ...any) string {
	return fmt.Sprintf(words.Pattern(p.language, format), args...)
}

// Translate says what another package has written in English, as it is safe for a terminal: why
// something failed, what to do about it.
func (p *Page) Translate(english string) string {
	return Clean(words.Translated(p.language, english))
}

// Item writes a name and a value in two columns, and a note of ours behind it;
// nothing when there is no value. The value may be others' text.
func (p *Page) Item(name string, value any, note ...string) {
	// Cleaned here and not by each caller: one that forgot would let a stranger write to the
	// terminal.
	text := Clean(fmt.Sprint(value))
	if text == "" {
		return
	}
	for _, more := range note {
		text += " " + p.Faint(more)
	}
	// The longest of our names, "long connection", has fifteen letters; a longer one of others'
	// moves its own line alone.
	p.Line("  %s %s", Pad(words.Label(name).In(p.language), 15), text)
}

// Say says a text of ours, or of an answer's, as it is safe for a terminal.
func (p *Page) Say(text words.Text) string { return Clean(text.In(p.language)) }

// Pad fills a text with blanks up to a number of columns of a terminal.
func Pad(text string, wide int) string { return text + strings.Repeat(" ", max(0, wide-columns(text))) }

// columns is how wide a text is on a terminal, where a Chinese character takes two.
func columns(text string) int {
	wide := 0
	for _, r := range text {
		if wide++; unicode.Is(unicode.Han, r) {
			wide++
		}
	}
	return wide
}

// Raw writes text byte by byte, for a file's text, which has to be the same when it is
// redirected into one.
func (p *Page) Raw(text []byte) {
	_, err := p.w.Write(text)
	p.err = errors.Join(p.err, err)
}

// Clean keeps what others wrote from moving the cursor or colouring the terminal: a
// notification's text comes from anyone who can reach the door.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return '\ufffd'
		}
		return r
	}, text)
}

// Colours are named by what they mean, so that a result looks the same in every command.
const (
	colourGood  = "32"
	colourBad   = "31"
	colourWarn  = "33"
	colourFaint = "2"
)

// Without a terminal the escape codes would be part of the text.
func (p *Page) coloured(colour, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Good marks what is well. The word alone has to be enough: without a terminal there is no
// colour.
func (p *Page) Good(text string) string { return p.coloured(colourGood, text) }

// Bad marks what is wrong and explains the exit code, so it is kept for that.
func (p *Page) Bad(text string) string { return p.coloured(colourBad, text) }

// Warn marks what needs attention and still lets the command end with 0.
func (p *Page) Warn(text string) string { return p.coloured(colourWarn, text) }

// Faint marks a remark of ours, so that it isn't read as part of a value of others'.
func (p *Page) Faint(text string) string { return p.coloured(colourFaint, text) }
