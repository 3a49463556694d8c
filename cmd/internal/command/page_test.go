package command

import (
	"strings"
	"testing"
)

// TestNothingOthersWroteReachesTheTerminal shows control characters.
func TestNothingOthersWroteReachesTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"餐饮 + ok\n": "餐饮 + ok\n", "\x1b[31mred": "\ufffd[31mred", "a\u202eb": "a\ufffdb", "\x00": "\ufffd", "a\u009bb": "a\ufffdb",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestColoursAreOursAlone(t *testing.T) {
	var b strings.Builder
	p := &Page{w: &b, colours: true}
	p.Item("rule", "with\x1b[5m", "(note)")
	p.Item("nothing", "")
	p.Line("%s %s %s", p.Good("g"), p.Bad("b"), p.Warn("w"))
	want := "  rule            with\ufffd[5m \x1b[2m(note)\x1b[0m\n\x1b[32mg\x1b[0m \x1b[31mb\x1b[0m \x1b[33mw\x1b[0m\n"
	if b.String() != want || p.err != nil {
		t.Errorf("%q, %v", b.String(), p.err)
	}
	if plain := (&Page{}); plain.Good("g") != "g" {
		t.Error("coloured without a terminal")
	}
}
