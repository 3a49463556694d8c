package words_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/words"
)

var (
	saysPlain = regexp.MustCompile(`\bsay[ (]"([^"]+)"`)
	saysText  = regexp.MustCompile(`\bOnConsole\("([^"]+)"`)
	saysName  = regexp.MustCompile(`\bnamed[ (]"([^"]+)"`)
	// saysUnit are the units of durations, which stand in a table.
	saysUnit = regexp.MustCompile(`"((?:%d|1) (?:day|hour|minute)s?)"`)
)

// saidOnConsole reads what the console's pages and what makes them say.
func saidOnConsole(t *testing.T) (sentences, kinds map[string]bool) {
	t.Helper()
	sentences, kinds = map[string]bool{}, map[string]bool{}
	pages, _ := filepath.Glob("../ingress/console/pages/*.html")
	sources, _ := filepath.Glob("../ingress/console/*.go")
	for _, path := range append(pages, sources...) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, expression := range []*regexp.Regexp{saysPlain, saysUnit, saysText} {
			for _, found := range expression.FindAllStringSubmatch(string(content), -1) {
				sentences[found[1]] = true
			}
		}
		for _, found := range saysName.FindAllStringSubmatch(string(content), -1) {
			kinds[found[1]] = true
		}
	}
	if len(pages) < 8 || len(sentences) < 80 || len(kinds) < 10 {
		t.Fatalf("%d pages say %d sentences and %d kinds of names; has what says them another name now?", len(pages), len(sentences), len(kinds))
	}
	return sentences, kinds
}

// TestTheConsoleSpeaksBothLanguages: whatever its pages say stands in the catalogue, and nothing else.
func TestTheConsoleSpeaksBothLanguages(t *testing.T) {
	sentences, kinds := saidOnConsole(t)
	kept := words.ConsoleSentences()
	for sentence := range sentences {
		if !slices.Contains(kept, sentence) {
			t.Errorf("a page says %q, which is not in the catalogue", sentence)
		}
	}
	for _, sentence := range kept {
		if !sentences[sentence] {
			t.Errorf("%q is in the catalogue and no page says it", sentence)
		}
	}
	for _, code := range words.ConsoleNames() {
		if kind, _, _ := strings.Cut(code, "."); !kinds[kind] {
			t.Errorf("%q is a name that no page shows", code)
		}
	}
}
