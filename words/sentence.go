package words

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Sentence returns the text of a sentence that somebody has written in English who knows no codes:
// the framework of the REST API, the rules for Alipay's fields, the tables of its refusals. The
// catalogue has it by its English, with verbs for what varies. One that is not there is said as it
// is.
func Sentence(english string) Text {
	if english == "" {
		return Text{}
	}
	if _, known := catalogue()[english]; known {
		return Text{Code: english}
	}
	for _, form := range forms() {
		if found := form.shape.FindStringSubmatch(english); found != nil {
			text := Text{Code: form.pattern}
			for _, arg := range found[1:] {
				text.Args = append(text.Args, Sentence(arg))
			}
			return text
		}
	}
	return Plain(english)
}

// form finds the arguments of a pattern again in a sentence that was made of it.
type form struct {
	pattern string
	shape   *regexp.Regexp
	weight  int // how much of the pattern is its own
}

var verb = regexp.MustCompile(`%(\[\d\])?[sdvq]`)

// forms are the patterns by which sentences are known, the most telling first.
var forms = sync.OnceValue(func() []form {
	var all []form
	for pattern := range catalogue() {
		if !strings.Contains(pattern, " ") || !verb.MatchString(pattern) {
			continue
		}
		parts := verb.Split(pattern, -1)
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(strings.ReplaceAll(part, "%%", "%"))
		}
		own := len(verb.ReplaceAllString(pattern, ""))
		all = append(all, form{pattern, regexp.MustCompile("^(?s:" + strings.Join(parts, "(.*)") + ")$"), own})
	}
	slices.SortFunc(all, func(a, b form) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.pattern, b.pattern))
	})
	return all
})
