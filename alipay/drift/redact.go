package drift

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// shapeOf replaces every letter and digit of a text: what is left is how it looks. ASCII is for texts
// whose charset nobody can write.
func shapeOf(text string, ascii bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '1'
		case r >= 'a' && r <= 'z':
			return 'x'
		case r >= 'A' && r <= 'Z':
			return 'X'
		case r < 0x80:
			return r
		case ascii:
			return 'x'
		case unicode.IsPunct(r):
			return r
		default:
			return '某'
		}
	}, text)
}

// wordFields are the last names of the fields whose values are Alipay's words and no person's.
var wordFields = func() []string {
	names := []string{"code", "sub_code"}
	for _, fields := range statuses {
		for path := range fields {
			names = append(names, path[strings.LastIndexByte(path, '.')+1:])
		}
	}
	return names
}()

// kept returns the value of a field as it may be kept.
func kept(field, value string, ascii bool) string {
	if slices.Contains(wordFields, field) && (plain(value, statusShape) != Hidden || plain(value, codeShape) != Hidden) {
		return value
	}
	var b bytes.Buffer
	if holdsJSON(value) && redact(json.NewDecoder(strings.NewReader(value)), &b, field, ascii) == nil {
		return b.String()
	}
	return shapeOf(value, ascii)
}

// redactJSON writes JSON again with every value replaced by one of the same shape. Names of members
// stay where they look like names.
func redactJSON(content []byte, ascii bool) ([]byte, error) {
	var b bytes.Buffer
	err := redact(json.NewDecoder(bytes.NewReader(content)), &b, "", ascii)
	return b.Bytes(), err
}

func redact(from *json.Decoder, to *bytes.Buffer, field string, ascii bool) error {
	from.UseNumber()
	token, err := from.Token()
	if err != nil {
		return err
	}
	opening, nested := token.(json.Delim)
	if !nested {
		return write(to, shaped(token, field, ascii))
	}
	to.WriteRune(rune(opening))
	for i := 0; from.More(); i++ {
		if i > 0 {
			to.WriteByte(',')
		}
		inner := field
		if opening == '{' {
			if inner, err = redactName(from, to, i, ascii); err != nil {
				return err
			}
		}
		if err := redact(from, to, inner, ascii); err != nil {
			return err
		}
	}
	if token, err = from.Token(); err == nil {
		if closing, ok := token.(json.Delim); ok {
			to.WriteRune(rune(closing))
		}
	}
	return err
}

// redactName writes the name of a member. One that is no name gets its number, so that two stay two.
func redactName(from *json.Decoder, to *bytes.Buffer, i int, ascii bool) (string, error) {
	token, err := from.Token()
	name, _ := token.(string)
	if err != nil {
		return "", err
	}
	if plainPath(name) == Hidden {
		name = shapeOf(name, ascii) + strings.Repeat("_", i+1)
	}
	if err := write(to, name); err != nil {
		return "", err
	}
	to.WriteByte(':')
	return name, nil
}

func shaped(token any, field string, ascii bool) any {
	switch v := token.(type) {
	case string:
		return kept(field, v, ascii)
	case json.Number:
		return json.Number(shapeOf(strings.ToUpper(string(v)), true))
	default:
		return v
	}
}

func write(to *bytes.Buffer, value any) error {
	if number, ok := value.(json.Number); ok {
		// Exponents have a letter, which the shape has replaced.
		value = json.Number(strings.ReplaceAll(string(number), "X", "E"))
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	to.Truncate(to.Len() - 1) // the encoder's line break
	return nil
}
