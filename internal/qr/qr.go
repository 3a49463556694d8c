// Package qr draws QR codes for pages that load nothing from elsewhere.
package qr

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quiet is the white border that a reader needs around a code, in modules.
const quiet = 4

// SVG draws a text as a QR code, of attributes alone, since the pages' policies refuse styles. A text that
// is too long for a code is drawn as nothing: the page has it as a link as well.
func SVG(text string) template.HTML {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return ""
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	side := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf( //nolint:gosec // it is made of numbers
		`<svg class="qr" role="img" aria-label="QR" viewBox="-%d -%d %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M-%d -%dh%dv%dh-%dz"/><path fill="#000" d="%s"/></svg>`,
		quiet, quiet, side, side, quiet, quiet, side, side, side, path.String()))
}
