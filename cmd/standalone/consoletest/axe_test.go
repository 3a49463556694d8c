package consoletest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// axeCore is axe.min.js of the npm package axe-core 4.14.1, as it was published (npm pack
// axe-core@4.14.1) and packed by gzip -9 -n. It is kept here because a test that needs a registry is a
// test that is skipped one day. Its license, MPL 2.0, stands at its head.
//
//go:embed testdata/axe-core-4.14.1.min.js.gz
var axeCore []byte

// axe is its source text.
func axe(t *testing.T) string {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(axeCore))
	must(t, err)
	text, err := io.ReadAll(unpacked)
	must(t, err)
	return string(text)
}

// violation is a rule that a page breaks, and where.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target  []string
		Summary string `json:"failureSummary"`
	}
}

// runAxe judges the page as it is. A script that comes over the protocol is under no page's policy, so
// the policy stays as it is.
const runAxe = `axe.run(document, {resultTypes: ["violations"], iframes: false, preload: false, %s}).then((r) =>
  r.violations.map(({id, impact, help, nodes}) => ({id, impact, help, nodes: nodes.map(({target, failureSummary}) => ({target: target.map(String), failureSummary}))})))`

// accessible fails where the page, in light and in dark, has a fault that axe-core calls serious or
// critical. Of its rules, the one about contrast alone depends on the colours. It runs where scripts
// do; what it judges is the same page without them.
func (b *tab) accessible() {
	b.t.Helper()
	if b.v.silent {
		return
	}
	if !evaluate[bool](b, `typeof axe !== "undefined"`) {
		evaluate[int](b, axe(b.t)+"; 0")
	}
	for _, look := range []struct{ scheme, rules string }{{"light", ""}, {"dark", `runOnly: ["color-contrast"]`}} {
		b.call(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}}))
		for _, v := range evaluate[[]violation](b, strings.ReplaceAll(runAxe, "%s", look.rules)) {
			if !slices.Contains([]string{"serious", "critical"}, v.Impact) {
				continue
			}
			for _, node := range v.Nodes {
				b.t.Errorf("%s, %s, %s: %s %s: %s %s\n%s", b.v, look.scheme, b.path(), v.Impact, v.ID, v.Help, node.Target, node.Summary)
			}
		}
	}
	b.call(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}))
}
