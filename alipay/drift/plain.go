package drift

import (
	"regexp"
	"strings"
)

// Hidden stands for a value that doesn't look like what it should be. It may be a person's name, a
// number or a token at a place where nobody expects one, so it is not kept.
const Hidden = "(not shown)"

// maxPlain is how long a code, a status or a name may be to be shown, in bytes.
const maxPlain = 64

var (
	// Alipay's own words are letters; numbers of people, of licences and tokens are mostly digits.
	statusShape  = regexp.MustCompile(`^([A-Z]+(_[A-Z]+)*_?[0-9]{0,2}|[a-z]+([A-Z][a-z]+)+|[0-9]{1,3})$`)
	triggerShape = regexp.MustCompile(`^[a-z]{2,20}(_[a-z]{2,20}){0,3}$`) // what caused an authorisation: a system's name
	codeShape    = regexp.MustCompile(`^([A-Z]+(_[A-Z0-9]{0,12})*|[a-z]+([.-][a-z]+)+|[0-9]{1,5})$`)
	nameShape    = regexp.MustCompile(`^[a-z]+([._][a-z]+)+[0-9]{0,2}$`)
	segmentShape = regexp.MustCompile(`^[a-z]+([_-][a-z]+)*(_?[0-9]{1,2})?$|^[a-z]+([A-Z][a-z]+)*$`)
	charsetShape = regexp.MustCompile(`^[A-Za-z]{1,12}([-_]?[0-9A-Za-z]{1,6}){0,2}$`)
)

// plain returns text where it looks like what it should be, else Hidden.
func plain(text string, shape *regexp.Regexp) string {
	if len(text) > maxPlain || !shape.MatchString(text) || digits(text) > 5 {
		return Hidden
	}
	return text
}

// plainPath is plain for the path of a field: a member's name may be a value too, where an object is a
// table by number or by name.
func plainPath(path string) string {
	for segment := range strings.SplitSeq(path, ".") {
		if plain(segment, segmentShape) == Hidden {
			return Hidden
		}
	}
	return path
}

func digits(text string) (n int) {
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
