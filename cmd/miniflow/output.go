package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"miniflow/internal/telemetry"
)

// show prints a result: as JSON, or as the page that text makes of it.
func (s *surroundings) show(value any, text func(p *page)) error {
	if s.json {
		encoder := json.NewEncoder(s.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	}
	p := s.page()
	text(p)
	return p.err
}

// showLine prints one result of several as they come: a line of JSON, or text.
func (s *surroundings) showLine(value any, text func(p *page)) error {
	if s.json {
		encoder := json.NewEncoder(s.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(value)
	}
	p := s.page()
	text(p)
	return p.err
}

// page writes text for a person and keeps the first error.
type page struct {
	w       io.Writer
	colours bool
	err     error
}

func (s *surroundings) page() *page {
	file, isFile := s.stdout.(*os.File)
	return &page{w: s.stdout, colours: isFile && telemetry.IsTerminal(file, s.getenv)}
}

// line writes one line.
func (p *page) line(format string, args ...any) {
	_, err := fmt.Fprintf(p.w, format+"\n", args...)
	p.err = errors.Join(p.err, err)
}

// item writes a name and a value in two columns, and a note of ours behind it;
// nothing when there is no value. The value may be others' text.
func (p *page) item(name string, value any, note ...string) {
	text := clean(fmt.Sprint(value))
	if text == "" {
		return
	}
	for _, more := range note {
		text += " " + p.faint(more)
	}
	p.line("  %-15s %s", name, text)
}

// clean keeps what others wrote from moving the cursor or colouring the terminal.
func clean(text string) string {
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

func (p *page) coloured(colour, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *page) good(text string) string  { return p.coloured(colourGood, text) }
func (p *page) bad(text string) string   { return p.coloured(colourBad, text) }
func (p *page) warn(text string) string  { return p.coloured(colourWarn, text) }
func (p *page) faint(text string) string { return p.coloured(colourFaint, text) }
