package diagnose

import (
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const byteOrderMark = "\ufeff"

// htmlEntities undoes the escapes that XSS filters write. The full list of HTML's names would
// damage genuine text; the two without a semicolon are what a page makes of "&notify_id" and
// "&timestamp" in a link.
var htmlEntities = strings.NewReplacer(
	"&quot;", `"`, "&#34;", `"`, "&#034;", `"`, "&#x22;", `"`, "&apos;", "'", "&#39;", "'", "&#039;", "'", "&#x27;", "'",
	"&lt;", "<", "&#60;", "<", "&gt;", ">", "&#62;", ">", "&amp;", "&", "&#38;", "&", "&#43;", "+", "&#x2F;", "/", "&#47;", "/",
	"¬ify_", "&notify_", "×tamp=", "&timestamp=",
)

// moment matches a time as Alipay writes it: the space in it was never a +.
var moment = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)

func spacesToPlus(d draft, _ *search) iter.Seq[attempt] { return exchange(d, ' ', '+') }

func plusToSpaces(d draft, _ *search) iter.Seq[attempt] { return exchange(d, '+', ' ') }

// maxPlaces bounds the characters of which every choice is tried: 2^11 attempts, because
// maxTries allows no more.
const maxPlaces = 11

// exchange replaces one character by another: everywhere first, because decoders are
// consistent, then in each value, then at every choice of places.
func exchange(d draft, from, to byte) iter.Seq[attempt] {
	everywhere := func(value string) string {
		if moment.MatchString(value) {
			return value
		}
		return strings.ReplaceAll(value, string(from), string(to))
	}
	return func(yield func(attempt) bool) {
		if !eachOf(d, everywhere, yield) {
			return
		}
		places := placesOf(d, from)
		if len(places) > maxPlaces {
			return
		}
		for choice := 1; choice < 1<<len(places)-1; choice++ {
			a := attempt{draft: slices.Clone(d)}
			for bit, p := range places {
				if choice&(1<<bit) == 0 {
					continue
				}
				f := &a.draft[p.field]
				f.value = f.value[:p.at] + string(to) + f.value[p.at+1:]
				if !slices.Contains(a.parameters, f.name) {
					a.parameters = append(a.parameters, f.name)
				}
			}
			if !yield(a) {
				return
			}
		}
	}
}

type place struct{ field, at int }

// placesOf returns the positions of a character in values other than sign and times, because
// those have only one right spelling.
func placesOf(d draft, character byte) []place {
	var places []place
	for i, f := range d {
		if f.name == paramSign || moment.MatchString(f.value) {
			continue
		}
		for at := range len(f.value) {
			if f.value[at] == character {
				places = append(places, place{i, at})
			}
		}
	}
	return places
}

func encodeOnce(d draft, s *search) iter.Seq[attempt] {
	form := func(text string) string {
		if moment.MatchString(text) || url.QueryEscape(text) == text {
			return text
		}
		return url.QueryEscape(text)
	}
	lower := func(text string) string { return escape.ReplaceAllStringFunc(form(text), strings.ToLower) }
	path := func(text string) string { return strings.ReplaceAll(form(text), "+", "%20") }
	return each(form, lower, path,
		func(text string) string { return strings.ReplaceAll(text, "%", "%25") },
		func(text string) string { return strings.ReplaceAll(text, "+", "%2B") },
		func(text string) string { return percentOf(text, "&=", strings.ToUpper) },
		func(text string) string { return percentOf(text, "&=", strings.ToLower) },
		func(text string) string { return percentOf(text, "=", strings.ToUpper) },
		func(text string) string { return percentOf(text, "=", strings.ToLower) },
	)(d, s)
}

var escape = regexp.MustCompile(`%[0-9A-F]{2}`)

// percentOf escapes only some characters. JSON stays unchanged, because its characters are
// never escaped before the form is.
func percentOf(text, characters string, spelling func(string) string) string {
	if strings.HasPrefix(text, "{") {
		return text
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte(characters, c) >= 0 {
			b.WriteString(spelling(url.QueryEscape(string(c))))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// withoutByteOrderMark looks for the mark as Latin-1 misreads it too: a tool that doesn't know
// the mark has often taken it for three characters.
func withoutByteOrderMark(d draft, _ *search) iter.Seq[attempt] {
	strip := func(text string) string {
		return strings.TrimPrefix(strings.TrimPrefix(text, byteOrderMark), "ï»¿")
	}
	return func(yield func(attempt) bool) {
		values, names := d.mapValues(strip)
		for i := range values {
			if name := strip(values[i].name); name != values[i].name {
				names = append(names, name)
				values[i].name = name
			}
		}
		if len(names) > 0 {
			yield(attempt{draft: values, parameters: names})
		}
	}
}

func backslashes(d draft, s *search) iter.Seq[attempt] {
	return each(
		strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`).Replace,
		strings.NewReplacer(`"`, `\"`, `'`, `\'`, `\`, `\\`).Replace,
	)(d, s)
}

func lineBreaks(d draft, s *search) iter.Seq[attempt] {
	toLF := func(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
	return each(
		func(text string) string { return strings.ReplaceAll(toLF(text), "\n", "\r\n") },
		toLF,
		func(text string) string { return strings.ReplaceAll(toLF(text), "\n", "\r") },
		func(text string) string { return strings.ReplaceAll(text, "\r", "\n") },
	)(d, s)
}

// trimmed removes white space at the ends of values and names, then all of it from values,
// because copied text is wrapped anywhere.
func trimmed(d draft, s *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		copied, changed := d.mapValues(strings.TrimSpace)
		for i := range copied {
			if name := strings.TrimSpace(copied[i].name); name != copied[i].name {
				copied[i].name, changed = name, append(changed, name)
			}
		}
		if len(changed) > 0 && !yield(attempt{draft: copied, parameters: changed}) {
			return
		}
		each(strings.TrimSpace,
			func(text string) string { return strings.Trim(text, " ") },
			func(text string) string { return strings.TrimRight(text, "\r\n") },
			func(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) },
			func(text string) string { return strings.Join(strings.Fields(text), "") },
		)(d, s)(yield)
	}
}

// untrimmed adds common white space at the ends of one value, because frameworks trim without
// leaving a trace.
func untrimmed(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		for _, pad := range [][2]string{{"", " "}, {" ", ""}, {"", "\n"}, {"", "\r\n"}, {" ", " "}, {"", "  "}, {"  ", ""}, {"", "\t"}, {"\t", ""}, {"\n", ""}} {
			for _, f := range d {
				if f.name != paramSign && !yield(attempt{draft: d.with(f.name, pad[0]+f.value+pad[1]), parameters: []string{f.name}}) {
					return
				}
			}
		}
	}
}
