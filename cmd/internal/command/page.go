package command

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Page writes text for a person and keeps the first error, so that a command writes
// its lines without asking after each.
type Page struct {
	w       io.Writer
	colours bool
	err     error
}

// NewPage returns an empty page; with colours it is for a terminal.
func NewPage(w io.Writer, colours bool) *Page { return &Page{w: w, colours: colours} }

// Line writes one line.
func (p *Page) Line(format string, args ...any) {
	_, err := fmt.Fprintf(p.w, format+"\n", args...)
	p.err = errors.Join(p.err, err)
}

// Item writes a name and a value in two columns, and a note of ours behind it;
// nothing when there is no value. The value may be others' text.
func (p *Page) Item(name string, value any, note ...string) {
	text := Clean(fmt.Sprint(value))
	if text == "" {
		return
	}
	for _, more := range note {
		text += " " + p.Faint(more)
	}
	p.Line("  %-15s %s", name, text)
}

// Raw writes text byte by byte.
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

// The colours, by what they mean.
const (
	colourGood  = "32"
	colourBad   = "31"
	colourWarn  = "33"
	colourFaint = "2"
)

// coloured returns text in a colour, plain where nobody would see it.
func (p *Page) coloured(colour, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Good returns the text in the colour of what is well; without a terminal, as it is.
func (p *Page) Good(text string) string { return p.coloured(colourGood, text) }

// Bad returns the text in the colour of what is wrong.
func (p *Page) Bad(text string) string { return p.coloured(colourBad, text) }

// Warn returns the text in the colour of what needs attention.
func (p *Page) Warn(text string) string { return p.coloured(colourWarn, text) }

// Faint returns the text in the colour of a remark.
func (p *Page) Faint(text string) string { return p.coloured(colourFaint, text) }
