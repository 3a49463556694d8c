package diagram

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"miniflow/order"
	"miniflow/words"
)

// CSS is the style of the drawing, for the page's own style sheet. It knows no colour but the page's:
// boxes are filled with --surface and everything else is drawn in the colour of the text.
//
//go:embed diagram.css
var CSS string

// Options are what is drawn beside the stages themselves.
type Options struct {
	Language words.Language
	// Counts are the stages' own; one without is drawn as empty and leads nowhere.
	Counts map[order.Stage]Cell
	// Narrow lets the story run down, for a phone.
	Narrow bool
}

// Cell is what is known of one stage.
type Cell struct {
	Count int64
	// Oldest is how long the order has waited that has waited longest, in words; empty where that
	// says nothing.
	Oldest string
	// Href is where the stage leads; empty is no link.
	Href string
}

// SVG writes the drawing as an element of HTML. Both of a page's drawings, the wide and the narrow, can
// stand in it at once.
func SVG(w io.Writer, options Options) error {
	d := drawing{sheet: wideSheet, Options: options, arrows: arrows()}
	if options.Narrow {
		d.sheet = narrowSheet
	}
	landed(d.arrows, d.sheet)
	d.open()
	for _, stage := range order.Stages() {
		d.stage(stage)
	}
	d.note()
	d.b.WriteString("</svg>\n")
	_, err := io.WriteString(w, d.b.String())
	return err
}

type drawing struct {
	Options
	sheet
	arrows []arrow
	b      strings.Builder
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) say(text words.Text) string { return html.EscapeString(text.In(d.Language)) }

// noteRoom is left for the note.
const noteRoom = 34

// open writes the head. It is a group and no image: what is in an image is hidden from who listens to
// the page, and the links with it.
func (d *drawing) open() {
	width, height := d.xy(point{d.length(), d.across})
	d.printf(`<svg class="stages stages-%s" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" `, d.name, width, height+noteRoom)
	d.printf(`role="group" aria-labelledby="stages-%s-title stages-%[1]s-about" lang="%s">`+"\n", d.name, html.EscapeString(string(d.Language)))
	d.printf(`<title id="stages-%s-title">%s</title>`, d.name, d.say(words.New("diagram.title")))
	d.printf(`<desc id="stages-%s-about">%s</desc>`+"\n", d.name, d.say(words.New("diagram.about")))
	d.b.WriteString("<defs>")
	for _, kind := range []kind{story, usual, rare} {
		d.printf(`<marker id="stages-%s-%s" class="stages-head-%[2]s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.5 L8,4 L0,7.5 z"/></marker>`, d.name, kind)
	}
	d.b.WriteString("</defs>\n")
}

// stage writes a box and the arrows that leave it, as one group, so that a page can light them up
// together.
func (d *drawing) stage(stage order.Stage) {
	d.printf(`<g class="stages-stage%s">`, d.classes(stage))
	d.b.WriteString(`<g class="stages-moves" aria-hidden="true">`)
	for _, a := range d.arrows {
		if a.from == stage {
			d.printf(`<path class="stages-%s" d="%s" fill="none" marker-end="url(#stages-%s-%[1]s)"/>`, a.kind, a.path(d.sheet), d.name)
		}
	}
	d.b.WriteString("</g>")
	d.link(stage)
	d.b.WriteString("</g>\n")
}

func (d *drawing) classes(stage order.Stage) string {
	classes := ""
	if stage.Ended() {
		classes += " stages-end"
	}
	if stage == order.StageOnline {
		classes += " stages-good"
	}
	if d.Counts[stage].Count == 0 {
		classes += " stages-none"
	}
	return classes
}

func (d *drawing) link(stage order.Stage) {
	cell := d.Counts[stage]
	label := words.New("diagram.cell", stage.Name(), cell.Count)
	if cell.Oldest != "" {
		label = words.New("diagram.cell_wait", stage.Name(), cell.Count, words.Plain(cell.Oldest))
	}
	if cell.Href == "" {
		d.printf(`<g role="img" aria-label="%s">`, d.say(label))
		d.box(stage, cell)
		d.b.WriteString("</g>")
		return
	}
	// Its name is what is drawn in it, so that whoever speaks to the page can say what they see.
	d.printf(`<a href="%s" aria-description="%s">`, html.EscapeString(cell.Href), d.say(label))
	d.box(stage, cell)
	d.b.WriteString("</a>")
}

func (d *drawing) box(stage order.Stage, cell Cell) {
	corner, extent := d.corner(stage)
	x, y := d.xy(corner)
	width, height := d.xy(point{d.boxAlong, extent})
	round := 10.0
	if stage.Ended() {
		round = height / 2.6
	}
	d.printf(`<rect class="stages-box" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f"/>`, x, y, width, height, round)
	middle := x + width/2
	lines := d.lines(stage, width)
	at := y + 21
	if len(lines) == 1 {
		at += 4
	}
	for _, line := range lines {
		d.printf(`<text class="stages-name" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, middle, at, html.EscapeString(line))
		at += 14
	}
	d.printf(`<text class="stages-count" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, middle, y+height-26, strconv.FormatInt(cell.Count, 10))
	if cell.Oldest != "" {
		d.printf(`<text class="stages-oldest" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, middle, y+height-9, html.EscapeString(cell.Oldest))
	}
}

// lines breaks a name of two words where it would not fit.
func (d *drawing) lines(stage order.Stage, width float64) []string {
	name := stage.Name().In(d.Language)
	first, rest, two := strings.Cut(name, " ")
	if !two || widthOf(name) <= width-10 {
		return []string{name}
	}
	return []string{first, rest}
}

// widthOf is about how wide a text is, by the width of its letters.
func widthOf(text string) (width float64) {
	const letter, character, firstCharacter = 6.8, 13, 0x2e80
	for _, r := range text {
		if r < firstCharacter {
			width += letter
		} else {
			width += character
		}
	}
	return width
}

// note says below everything what is not drawn, in two lines where one is too long.
func (d *drawing) note() {
	x, y := d.xy(point{d.length() / 2, d.across})
	if d.narrow {
		x, y = d.across/2, d.length()
	}
	text := words.New("diagram.note", order.StageCancelled.Name(), order.StageCreationFailed.Name()).In(d.Language)
	lines := []string{text}
	if middle := len(text)/2 + strings.IndexByte(text[len(text)/2:], ' '); widthOf(text) > 2*x && middle >= len(text)/2 {
		lines = []string{text[:middle], text[middle+1:]}
	}
	for i, line := range lines {
		d.printf(`<text class="stages-note" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, y+16+float64(i)*14, html.EscapeString(line))
	}
}
