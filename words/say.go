package words

import (
	"strconv"
	"strings"
	"time"
)

// In returns the text in a language. A code that the catalogue does not have, of a newer release
// perhaps, is shown with its arguments: that is better than nothing.
func (t Text) In(language Language) string {
	switch {
	case t.Code == "":
		return t.Own
	case t.Code == codeAt && len(t.Args) == 1:
		return moment(t.Args[0].Own, language)
	}
	args := make([]string, len(t.Args))
	for i, arg := range t.Args {
		args[i] = arg.In(language)
	}
	if said, known := catalogue()[t.Code]; known {
		return fill(said.in(language), args)
	}
	if strings.ContainsAny(t.Code, " %") { // a sentence by its English
		return fill(t.Code, args)
	}
	return strings.TrimSpace(t.Code + " " + strings.Join(args, " "))
}

// beijing is the time that people at Alipay and their merchants live by. It has known no summer time
// since 1991, so no table of zones is needed.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func moment(written string, language Language) string {
	at, err := time.Parse(time.RFC3339, written)
	if err != nil || language != Chinese {
		return written
	}
	return "北京时间 " + at.In(beijing).Format(time.DateTime)
}

// Clock writes a moment for a table, in which the zone is said once: to the second, in UTC or in
// Beijing time.
func (l Language) Clock(at time.Time, layout string) string {
	if l == Chinese {
		return at.In(beijing).Format(layout)
	}
	return at.UTC().Format(layout)
}

// fill puts arguments in place of a pattern's verbs. They are those of fmt with the same meaning:
// %s, %d and %v the argument as it is, %q quoted, %[2]s another than the next, %% a percent sign.
func fill(pattern string, args []string) string {
	var b strings.Builder
	next := 0
	for {
		before, after, found := strings.Cut(pattern, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		verb, index, rest := readVerb(after, next)
		pattern = rest
		switch {
		case verb == '%':
			b.WriteByte('%')
			continue
		case index >= len(args):
			b.WriteString("…")
		case verb == 'q':
			b.WriteString(strconv.Quote(args[index]))
		default:
			b.WriteString(args[index])
		}
		next = index + 1
	}
}

// readVerb reads what stands behind a percent sign: [2]s or s. index is the argument that it takes.
func readVerb(after string, next int) (verb byte, index int, rest string) {
	index = next
	if number, behind, found := strings.Cut(strings.TrimPrefix(after, "["), "]"); found && strings.HasPrefix(after, "[") {
		if n, err := strconv.Atoi(number); err == nil {
			index, after = n-1, behind
		}
	}
	if after == "" {
		return '%', index, ""
	}
	return after[0], index, after[1:]
}
