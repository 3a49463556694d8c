package chart

import (
	"fmt"
	"html"
	"strings"
)

// Kind is whose figure something is, which decides its colour.
type Kind string

const (
	// Bare means that Temporal alone did it: the ceiling.
	Bare Kind = "bare"
	// Baseline means the older program.
	Baseline Kind = "baseline"
	// Fresh means the program that is measured.
	Fresh Kind = "fresh"
	// Beside means the program that is measured, under a second load.
	Beside Kind = "beside"
)

// style has the colours, in pairs that keep their contrast on a light and on a dark ground.
const style = `<style>
.ground{fill:#ffffff}text{fill:#1f2328;font:13px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
.title{font-size:16px;font-weight:600}.faint{fill:#59636e;font-size:12px}.grid{stroke:#d1d9e0;stroke-width:1}
.bare{fill:#8c959f;stroke:#8c959f}.baseline{fill:#bf8700;stroke:#bf8700}.fresh{fill:#0969da;stroke:#0969da}.beside{fill:#cf222e;stroke:#cf222e}
.curve{fill:none;stroke-width:2}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}text{fill:#f0f6fc}.faint{fill:#9198a1}.grid{stroke:#3d444d}
.bare{fill:#9198a1;stroke:#9198a1}.baseline{fill:#d29922;stroke:#d29922}.fresh{fill:#4493f8;stroke:#4493f8}.beside{fill:#f85149;stroke:#f85149}.curve{fill:none}}
</style>
`

const width = 760

// picture collects the elements of an SVG.
type picture struct{ elements strings.Builder }

func (p *picture) add(format string, args ...any) {
	_, _ = fmt.Fprintf(&p.elements, format+"\n", args...) // a builder never fails
}

func (p *picture) text(x, y float64, class, anchor, text string) {
	p.add(`<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, html.EscapeString(text))
}

func (p *picture) line(x1, y1, x2, y2 float64) {
	p.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="grid"/>`, x1, y1, x2, y2)
}

func (p *picture) rect(x, y, w, h float64, class string) {
	p.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="%s"/>`, x, y, w, h, class)
}

// frame puts the elements onto a ground of their height, with a title for people who can't see
// the picture too.
func (p *picture) frame(title string, height float64) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" height="%.0f" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n%s", html.EscapeString(title), style)
	fmt.Fprintf(&out, `<rect width="%d" height="%.0f" rx="6" class="ground" stroke="none"/>`+"\n", width, height)
	out.WriteString(p.elements.String())
	out.WriteString("</svg>\n")
	return []byte(out.String())
}
