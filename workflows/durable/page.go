package durable

import (
	"strings"

	"miniflow/internal/harmless"
	"miniflow/words"
)

const (
	// maxPage bounds a page, percent-encoded. The UI sends it as the query of a GET, and nginx takes
	// 8 KiB for the whole line and answers 414 above; the way to the UI's own server is in it.
	maxPage = 6<<10 - 1
	// maxCell bounds one value on it, percent-encoded: a Chinese character is nine bytes then.
	maxCell = 900
)

// Page is the Markdown that the Temporal UI shows about a workflow, for operators who do not have
// the API at hand. What would make it too long for the UI is left out, in whole lines, and its end
// says where the rest is.
type Page struct {
	Language words.Language

	text strings.Builder
	left int
	rest string
	// full is set once something of a part has not fitted, shortened once anything has not.
	full, shortened bool
}

// NewPage begins a page in a language. rest says where to look for what is left out: no workflow
// knows an address, so it names a call and a command.
func NewPage(language words.Language, rest words.Text) *Page {
	p := &Page{Language: language, rest: "\n" + rest.Map(harmless.Markdown).In(language) + "\n"}
	p.left = maxPage - encoded(p.rest)
	return p
}

// Say makes a text harmless for the UI, which renders Markdown and HTML, and short enough for a
// line.
func (p *Page) Say(text words.Text) string { return harmless.Markdown(cell(text.In(p.Language))) }

// Row adds a line of a table of two columns: the name's code, and its value. One without a value is
// left out.
func (p *Page) Row(name string, value words.Text) {
	if !value.IsZero() {
		p.Add("| "+p.Say(words.New(name))+" | "+p.Say(value)+" |\n", 0)
	}
}

// Add adds Markdown that is harmless already, if it fits and leaves room for what comes after, in
// bytes of the page. Nothing of the part follows what has not fitted, so that none is missing unseen.
func (p *Page) Add(markdown string, leave int) {
	size := encoded(markdown)
	if p.full = p.full || size+leave > p.left; p.full {
		p.shortened = true
		return
	}
	p.left -= size
	p.text.WriteString(markdown)
}

// Part begins another part of the page, whose lines are worth their room although one before has
// not fitted.
func (p *Page) Part() { p.full = false }

// String is the page.
func (p *Page) String() string {
	if p.shortened {
		return p.text.String() + p.rest
	}
	return p.text.String()
}

// cell cuts a value between characters and marks it with "…".
func cell(text string) string {
	left, end := maxCell, 0
	for i, r := range text {
		if left -= encoded(harmless.Markdown(string(r))); left < 0 {
			return text[:end] + "…"
		}
		end = i + len(string(r))
	}
	return text
}

// encoded returns the bytes of a text in an address, as the stricter of the two ways to write one has
// it: a blank is three there.
func encoded(text string) int {
	size := 0
	for _, b := range []byte(text) {
		if size++; (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') && !strings.ContainsRune("-_.~", rune(b)) {
			size += 2
		}
	}
	return size
}
