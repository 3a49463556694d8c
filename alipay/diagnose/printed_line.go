package diagnose

import (
	"net/url"
	"regexp"
	"strings"
)

// formInLine matches a form inside other words: a documented parameter, and what
// follows it up to the first character that no form has.
var formInLine = regexp.MustCompile(`(?:^|[^\w%&=.-])(` + anyName + `=[^\s"'<>\\]*)`)

// readLogLine takes the longest form out of a line with other words around it; one
// that was decoded before it was logged goes up to the end of the line.
func readLogLine(text string) draft {
	var longest string
	for _, found := range formInLine.FindAllStringSubmatch(text, -1) {
		if len(found[1]) > len(longest) {
			longest = strings.TrimRight(found[1], "],;)}")
		}
	}
	if d := parse(longest); d.has(paramSign) {
		return d
	}
	if at := formInLine.FindStringSubmatchIndex(text); at != nil {
		return verbatim(splitDocumented(strings.TrimRight(text[at[2]:], "\r\n")))
	}
	return nil
}

// readCurl puts the body together that a curl command posts.
func readCurl(text string) draft {
	var parts []string
	words := shellWords(text)
	for i, word := range words {
		name, value, joined := strings.Cut(word, "=")
		if !strings.HasPrefix(word, "-d") && !strings.HasPrefix(word, "--data") {
			continue
		}
		if !joined || name == "" {
			name, value = word, ""
		}
		switch {
		case word == "-d" || word == "--data" || word == "--data-raw" || word == "--data-binary" || word == "--data-ascii" || word == "--data-urlencode":
			if i+1 == len(words) {
				continue
			}
			value = words[i+1]
		case strings.HasPrefix(word, "--data") && joined:
		case strings.HasPrefix(word, "-d"):
			value = word[len("-d"):]
		}
		if strings.HasPrefix(word, "--data-urlencode") {
			name, plain, _ := strings.Cut(value, "=")
			value = name + "=" + url.QueryEscape(plain)
		}
		parts = append(parts, value)
	}
	return parse(strings.Join(parts, "&"))
}

// shellWords splits a command as a shell does.
func shellWords(command string) []string {
	var words []string
	var word strings.Builder
	started, quote := false, byte(0)
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case c == quote:
			quote = 0
		case c == '\\' && i+1 < len(command):
			if i++; command[i] != '\n' {
				word.WriteByte(command[i])
				started = true
			}
		case quote == 0 && (c == '\'' || c == '"'):
			quote, started = c, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}
