package diagnose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miniflow/alipay/notify"
)

// printed is a format in which programs print the parameters of a message. Prints are for
// people: where one value ends and the next begins is a guess, so they are read only to find
// out whether the guess verifies.
type printed struct {
	format  string
	capture string
	shape   *regexp.Regexp
	read    func(text string) draft
}

// How to get the body before anything has read it, because a print has lost how it was
// written.
const (
	captureJava   = "in Java, keep the bytes of request.getInputStream() before anything calls getParameter"
	capturePHP    = "in PHP, keep file_get_contents('php://input')"
	capturePython = "in Python, keep request.get_data() (Flask), request.body (Django, FastAPI)"
	captureNode   = "in Node, keep the chunks of the request, as with express.raw({type: '*/*'})"
	captureGo     = "in Go, keep io.ReadAll(r.Body) before anything calls ParseForm"
	captureLog    = "log the body alone, as bytes or in base64"
)

// printers are tried in this order, more particular shapes first, because several shapes may
// match.
var printers = []printed{
	{"a curl command", "post the body with --data-binary @FILE, as it came", regexp.MustCompile(`^\s*(?:\$ )?curl\s`), readCurl},
	{"print_r of PHP", capturePHP, regexp.MustCompile(`^\s*Array\s*\(\s*\[`), readPrintR},
	{"var_dump of PHP", capturePHP, regexp.MustCompile(`array\(\d+\)\s*\{\s*\["`), readVarDump},
	{"an array of PHP, or a hash of Ruby", capturePHP, regexp.MustCompile(`(?:^|[\s({\[,])['"]?` + anyName + `['"]?\s*=>\s*['"]`), readQuoted},
	{"a map of Go", captureGo, regexp.MustCompile(`map\[` + anyName + `:`), readGoMap},
	{"a dictionary of Python", capturePython, regexp.MustCompile(`[{,(\[]\s*'` + anyName + `'\s*[:,]\s*\[?b?['"]`), readQuoted},
	{"what console.log of Node prints", captureNode, regexp.MustCompile(`[{,]\s*` + anyName + `:\s*['"]`), readQuoted},
	{"a bean of Java", captureJava, regexp.MustCompile(`\b[A-Z]\w*[({\[]\s*` + anyName + `=`), readJavaMap},
	{"a map of Java", captureJava, regexp.MustCompile(`\{` + anyName + `=`), readJavaMap},
	{"a line of a log", captureLog, regexp.MustCompile(`[^\w%&=.-]` + anyName + `=[^&\s]*&` + anyName + `=`), readLogLine},
}

// anyName matches only documented parameters, because any other word may be part of a value.
// Java's beans spell them differently.
var anyName = `(?:` + strings.Join(append(notify.DocumentedParameters(), camelNames()...), "|") + `)`

var beanNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range notify.DocumentedParameters() {
		words := strings.Split(name, "_")
		for i, word := range words[1:] {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
		names[strings.Join(words, "")] = name
	}
	return names
}()

func camelNames() []string {
	var names []string
	for bean, name := range beanNames {
		if bean != name {
			names = append(names, bean)
		}
	}
	return names
}

// parameter undoes the camel case of a bean, because the signature covers the wire names.
func parameter(name string) string {
	if plain, known := beanNames[name]; known {
		return plain
	}
	return name
}

// formStart matches the beginning of a form. Such a text is not a print, whatever its values
// contain: biz_content may well quote a map.
var formStart = regexp.MustCompile(`^\s*(?:` + anyName + `=|[\w.%+-]+=[^\s&]*&)`)

func printedAs(text string) (printed, bool) {
	if formStart.MatchString(text) {
		return printed{}, false
	}
	for _, p := range printers {
		if p.shape.MatchString(text) {
			return p, true
		}
	}
	return printed{}, false
}

func (p printed) detail() string { return p.format + "; " + p.capture }

// between cuts a text at the matches of a pattern whose last group is a parameter's name,
// because prints don't escape values: each value ends at the next match, the last one at what
// closes the whole.
func between(text string, names *regexp.Regexp, clean func(value string) string, closing *regexp.Regexp) draft {
	var d draft
	found := names.FindAllStringSubmatchIndex(text, -1)
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		value := text[at[1]:end]
		if i+1 == len(found) {
			value = closing.ReplaceAllString(value, "")
		}
		name := text[at[len(at)-2]:at[len(at)-1]]
		d = append(d, field{parameter(name), clean(value)})
	}
	return d
}

var closingBracket = regexp.MustCompile(`[})\]]\s*$`)

var javaNames = regexp.MustCompile(`(?:^|[{(\[,])\s*(` + anyName + `)=`)

// readJavaMap reads {a=1, b=2}, {a=[1], b=[2]} and Bean(a=1, b='2'), the three forms that
// Java's frameworks print.
func readJavaMap(text string) draft {
	return unlisted(between(text, javaNames, func(value string) string {
		value = strings.TrimSpace(value)
		if plain, quoted := strings.CutPrefix(value, "'"); quoted {
			return strings.TrimSuffix(plain, "'")
		}
		return value
	}, closingBracket))
}

var goNames = regexp.MustCompile(`(?:map\[| )(` + anyName + `):`)

// readGoMap reads map[a:1 b:2] and map[a:[1] b:[2]], the latter because url.Values has lists.
func readGoMap(text string) draft {
	return unlisted(between(text, goNames, func(value string) string { return value }, closingBracket))
}

// unlisted unwraps values only when each is the only one of its list: brackets around a few
// values are their own, as a JSON array's are.
func unlisted(d draft) draft {
	if slices.ContainsFunc(d, func(f field) bool { return !strings.HasPrefix(f.value, "[") || !strings.HasSuffix(f.value, "]") }) {
		return d
	}
	for i, f := range d {
		d[i].value = f.value[1 : len(f.value)-1]
	}
	return d
}

var printRNames = regexp.MustCompile(`(?m)(?:^|\n)[ \t]*\[([A-Za-z_]\w*)\] => `)

func readPrintR(text string) draft {
	return between(text, printRNames, func(value string) string { return value }, printREnd)
}

var printREnd = regexp.MustCompile(`\s*\n\s*\)\s*$`)

var varDumpNames = regexp.MustCompile(`\["(\w+)"\]\s*=>\s*string\((\d+)\) "`)

// readVarDump reads the output of var_dump, which counts the bytes of each value, so nothing
// is guessed.
func readVarDump(text string) draft {
	var d draft
	for {
		at := varDumpNames.FindStringSubmatchIndex(text)
		if at == nil {
			return d
		}
		size, err := strconv.Atoi(text[at[4]:at[5]])
		if err != nil || size > len(text)-at[1] {
			return d
		}
		d = append(d, field{text[at[2]:at[3]], text[at[1] : at[1]+size]})
		text = text[at[1]+size:]
	}
}

var quotedPair = regexp.MustCompile(`(?s)(?:\[?['"]([A-Za-z_]\w*)['"]\]?|\b([A-Za-z_]\w*))\s*(?:=>|[:=,])\s*\[?[bu]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+)`)

var folded = regexp.MustCompile(`' \+\s*\n\s*'|" \+\s*\n\s*"`)

func readQuoted(text string) draft {
	var d draft
	for _, pair := range quotedPair.FindAllStringSubmatch(folded.ReplaceAllString(text, ""), -1) {
		d = append(d, field{parameter(pair[1] + pair[2]), unquotePrinted(pair[3])})
	}
	return d
}

var printedEscape = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)`)

func unquotePrinted(quoted string) string {
	if quoted == "" || quoted[0] != '\'' && quoted[0] != '"' {
		return quoted
	}
	return printedEscape.ReplaceAllStringFunc(quoted[1:len(quoted)-1], func(escape string) string {
		switch escape[1] {
		case 'n':
			return "\n"
		case 'r':
			return "\r"
		case 't':
			return "\t"
		case 'u', 'x':
			if code, err := strconv.ParseUint(escape[2:], 16, 16); err == nil {
				return string(rune(code))
			}
			return escape
		case '\\', '\'', '"', '/', '$':
			return escape[1:]
		}
		return escape
	})
}
