package diagnose

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// formInLine matches a form among other words: a documented parameter, and everything up to
// the first character that a form can't contain.
var formInLine = regexp.MustCompile(`(?:^|[^\w%&=.-])(` + anyName + `=[^\s"'<>\\]*)`)

// readLogLine returns the longest form in a line, because other words around it may contain
// an = too; one that was decoded before it was logged extends to the end of the line.
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

var dataFlags = []string{"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", dataURLEncode}

const dataURLEncode = "--data-urlencode"

func readCurl(text string) draft {
	var parts []string
	words := shellWords(text)
	for i, word := range words {
		flag, value, joined := strings.Cut(word, "=")
		switch {
		case slices.Contains(dataFlags, word) && i+1 < len(words):
			flag, value = word, words[i+1]
		case slices.Contains(dataFlags, flag) && joined:
		case strings.HasPrefix(word, "-d") && len(word) > len("-d"):
			value = word[len("-d"):]
		default:
			continue
		}
		if flag == dataURLEncode {
			name, plain, _ := strings.Cut(value, "=")
			value = name + "=" + url.QueryEscape(plain)
		}
		parts = append(parts, value)
	}
	return parse(strings.Join(parts, "&"))
}

// shellWords splits a command as a shell does, because curl commands are copied with their
// quotes.
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
		case quote == 0 && c == '$' && strings.HasPrefix(command[i+1:], "'"): // Chrome copies requests in this form
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
