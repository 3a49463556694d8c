package console

import (
	"regexp"
	"strings"
	"time"

	"miniflow/words"
)

// plainly writes a sentence of Miniflow's with messages, calls and codes as people call them.
func (w wording) plainly(text words.Text) string {
	return names.ReplaceAllStringFunc(text.In(w.language), func(found string) string {
		name := strings.TrimRight(found, ".:")
		return w.called(name) + found[len(name):]
	})
}

// names are what may be a name, each whole: a part of an address or of a call's name is no code.
var names = regexp.MustCompile(`[A-Za-z0-9_.:/-]+`)

// called is what people call something that a sentence names: a message or a call of Alipay's and, in
// Chinese, a code of the vocabulary, which is a word of English.
func (w wording) called(name string) string {
	if at, err := time.Parse(time.RFC3339, name); err == nil {
		return w.moment(at) // as every page has it
	}
	kinds := []string{"message", "method"}
	if w.language == words.Chinese {
		kinds = append(kinds, "command", "hold", "stage", "authorization", "verdict")
	}
	for _, kind := range kinds {
		if said := w.named(kind, name); said != name {
			return said
		}
	}
	return name
}
