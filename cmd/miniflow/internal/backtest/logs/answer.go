package logs

import (
	"bytes"
	"strconv"
)

// Answer is what the old handler answered, as far as a line says so.
type Answer uint8

const (
	// AnswerUnknown means that the line doesn't say.
	AnswerUnknown Answer = iota
	// AnswerAccepted means that Alipay was told success: it sends the message no more.
	AnswerAccepted
	// AnswerRefused means anything else: Alipay sends it again.
	AnswerRefused
)

// answerIn reads the answer from what stands around a notification. A body of seven bytes, in a log
// that has sizes alone, is success.
func answerIn(line []byte, at span) Answer {
	status, size, body := 0, -1, AnswerUnknown
	for _, part := range [][]byte{line[at.end:], line[:at.start]} { // what is behind is likelier the answer
		if status == 0 {
			status, size = statusIn(part)
		}
		if body == AnswerUnknown {
			body = bodyIn(part)
		}
	}
	switch {
	case status != 0 && status != 200:
		return AnswerRefused
	case body != AnswerUnknown:
		return body
	case status == 0:
		return AnswerUnknown
	case size >= 0 && size != len("success"):
		return AnswerRefused
	default:
		return AnswerAccepted
	}
}

var statusWords = [][]byte{[]byte("status"), []byte("Status"), []byte("STATUS")}

// statusIn finds an HTTP status: behind a quote as access logs have it, with the size of the body
// behind it, or behind the word status.
func statusIn(text []byte) (status, size int) {
	for i := 0; i+5 <= len(text); i++ {
		if text[i] != '"' || text[i+1] != ' ' {
			continue
		}
		if status = number3(text[i+2:]); status != 0 {
			return status, sizeIn(text[i+5:])
		}
	}
	for _, word := range statusWords {
		for rest := text; ; {
			at := bytes.Index(rest, word)
			if at < 0 {
				break
			}
			rest = rest[at+len(word):]
			value := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("_code")), []byte("Code")), `\": =`)
			if len(value) < len(rest) {
				if status = number3(value); status != 0 {
					return status, -1
				}
			}
		}
	}
	return 0, -1
}

// number3 returns an HTTP status that text begins with, or 0.
func number3(text []byte) int {
	if len(text) < 3 || len(text) > 3 && isName(text[3]) {
		return 0
	}
	status, err := strconv.Atoi(string(text[:3]))
	if err != nil || status < 100 || status > 599 {
		return 0
	}
	return status
}

// sizeIn returns the number that follows a status, or -1.
func sizeIn(text []byte) int {
	if len(text) == 0 || text[0] != ' ' {
		return -1
	}
	word, _, _ := bytes.Cut(text[1:], []byte(" "))
	size, err := strconv.Atoi(string(word))
	if err != nil {
		return -1
	}
	return size
}

// bodyIn finds success or fail where it is a value: quoted alone, or behind a colon, an equals sign
// or an arrow. Words of a sentence, such as "verified with success", are no answer.
func bodyIn(text []byte) Answer {
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; c != 's' && c != 'f' || i > 0 && isName(text[i-1]) {
			continue
		}
		word := text[i:]
		for n := range word {
			if !isName(word[n]) {
				word = word[:n]
				break
			}
		}
		var answer Answer
		switch {
		case bytes.EqualFold(word, []byte("success")):
			answer = AnswerAccepted
		case bytes.EqualFold(word, []byte("fail")), bytes.EqualFold(word, []byte("failure")):
			answer = AnswerRefused
		default:
			continue
		}
		if isValue(text[:i], text[i+len(word):]) {
			return answer
		}
	}
	return AnswerUnknown
}

func isValue(before, after []byte) bool {
	if len(after) > 0 && after[0] == ':' {
		return false // a name
	}
	quoted := bytes.HasSuffix(before, []byte(`"`)) || bytes.HasSuffix(before, []byte("'"))
	if quoted {
		return !bytes.HasPrefix(bytes.TrimLeft(after, `\"'`), []byte(":")) && len(after) > 0 && (after[0] == '"' || after[0] == '\'' || after[0] == '\\')
	}
	before = bytes.TrimRight(before, " ")
	return len(before) > 0 && bytes.IndexByte([]byte(":=>"), before[len(before)-1]) >= 0
}
