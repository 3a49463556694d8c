package words

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
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
			if text, ok := form.text(found[1:]); ok {
				return text
			}
		}
	}
	return Plain(english)
}

// text is the sentence with the arguments that were found in it; not ok where one of them can't be
// what its verb has written.
func (f form) text(found []string) (text Text, ok bool) {
	text.Code = f.pattern
	for i, arg := range found {
		if f.quoted[i] {
			own, err := strconv.Unquote(arg)
			if err != nil {
				return Text{}, false
			}
			arg = own
		}
		text.Args = append(text.Args, Sentence(arg))
	}
	return text, true
}

// form finds the arguments of a pattern again in a sentence that was made of it.
type form struct {
	pattern string
	shape   *regexp.Regexp
	quoted  []bool // by argument: it stands in quotation marks, as %q writes it
	weight  int    // how much of the pattern is its own
}

var verb = regexp.MustCompile(`%(\[\d\])?[\d.]*[sdvqw]`)

// forms are the patterns by which sentences are known, the most telling first.
var forms = sync.OnceValue(func() []form {
	var all []form
	for pattern := range catalogue() {
		if _, isLine := formats[pattern]; isLine {
			continue // it is found by its format, and most of these could be anything
		}
		if !strings.Contains(pattern, " ") || !verb.MatchString(pattern) {
			continue
		}
		all = append(all, newForm(pattern))
	}
	slices.SortFunc(all, func(a, b form) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.pattern, b.pattern))
	})
	return all
})

func newForm(pattern string) form {
	f := form{pattern: pattern, weight: len(verb.ReplaceAllString(pattern, ""))}
	var shape strings.Builder
	rest := 0
	for _, at := range verb.FindAllStringIndex(pattern, -1) {
		shape.WriteString(plain(pattern[rest:at[0]]))
		kind := pattern[at[1]-1]
		f.quoted = append(f.quoted, kind == 'q')
		switch {
		case kind == 'd':
			shape.WriteString(`(-?\d+)`)
		case kind != 'w' && strings.Contains(pattern, "%w"): // a name; the colons behind it are the error's
			shape.WriteString("(.*?)")
		default:
			shape.WriteString("(.*)")
		}
		rest = at[1]
	}
	f.shape = regexp.MustCompile("^(?s:" + shape.String() + plain(pattern[rest:]) + ")$")
	return f
}

// plain is the pattern's own text, as it stands in a sentence that was made of it.
func plain(text string) string { return regexp.QuoteMeta(strings.ReplaceAll(text, "%%", "%")) }
