package words

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Text is what is said, before it is said in a language: a code of the catalogue and its arguments,
// or words of somebody's own, which are the same in every language. The zero value says nothing.
//
// In JSON it is {"code","args"}, and a string where it is words of their own: what was kept as a
// sentence, by an earlier release or for good, is read as that.
type Text struct {
	// Code is a code of the catalogue, or the English pattern of a sentence that stands there by
	// that.
	Code string
	// Args are put in place of the pattern's verbs, in its order.
	Args []Text
	// Own is set in place of both.
	Own string
}

// codeAt is the code of a moment, which each language writes its own way.
const codeAt = "at"

// New returns the text of a code. An argument is a [Text], an error or a value with one, a
// moment, or anything else as fmt prints it.
func New(code string, args ...any) Text {
	text := Text{Code: code}
	for _, arg := range args {
		text.Args = append(text.Args, argument(arg))
	}
	return text
}

// Plain returns words of somebody's own: a person's reason, Alipay's sentence, a name.
func Plain(own string) Text { return Text{Own: own} }

// At returns a moment, to the second.
func At(moment time.Time) Text {
	return Text{Code: codeAt, Args: []Text{Plain(moment.UTC().Format(time.RFC3339))}}
}

// Moment returns the moment that a text of [At] is.
func (t Text) Moment() (moment time.Time, isMoment bool) {
	if t.Code != codeAt || len(t.Args) != 1 {
		return time.Time{}, false
	}
	moment, err := time.Parse(time.RFC3339, t.Args[0].Own)
	return moment, err == nil
}

// List returns names with commas between them, and nothing of none.
func List(names []string) Text { return Plain(strings.Join(names, ", ")) }

// Label returns the name that stands before a value on a page of the command line: translated where
// the catalogue has it, which leaves out members of the API.
func Label(name string) Text {
	if _, known := catalogue()[labels+name]; known {
		return Text{Code: labels + name}
	}
	return Plain(name)
}

// labels begin the codes of labels.
const labels = "label."

// Speaker is what has a text to say, such as an error of a package that knows this one.
type Speaker interface{ Text() Text }

// OfError returns what an error says: its text where it has one, else its message, which no language
// but its own knows.
func OfError(err error) Text {
	var speaker Speaker
	if errors.As(err, &speaker) {
		return speaker.Text()
	}
	return Plain(err.Error())
}

func argument(arg any) Text {
	switch arg := arg.(type) {
	case Text:
		return arg
	case Speaker:
		return arg.Text()
	case error:
		return OfError(arg)
	case time.Time:
		return At(arg)
	case []string:
		return Plain(strings.Join(arg, ", "))
	}
	return Plain(fmt.Sprint(arg))
}

// IsZero reports whether it says nothing, so that JSON can leave it out.
func (t Text) IsZero() bool { return t.Code == "" && t.Own == "" }

// String is the text in English, for logs and histories.
func (t Text) String() string { return t.In(English) }

// Map returns the text with every word of somebody's own replaced, as to bound it or to make it
// harmless where it is shown.
func (t Text) Map(change func(string) string) Text {
	if t.Code == "" {
		return Plain(change(t.Own))
	}
	mapped := Text{Code: t.Code}
	for _, arg := range t.Args {
		mapped.Args = append(mapped.Args, arg.Map(change))
	}
	return mapped
}

type written struct {
	Code string `json:"code"`
	Args []Text `json:"args,omitempty"`
}

// MarshalJSON writes it as the type says.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.Code == "" {
		return unescaped(t.Own)
	}
	return unescaped(written{t.Code, t.Args})
}

// unescaped leaves < and > as they are: whether they have to be escaped is decided by who writes what
// the text is a part of.
func unescaped(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads both forms.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = Text{}
	if len(raw) > 0 && raw[0] != '{' {
		return json.Unmarshal(raw, &t.Own)
	}
	var coded written
	err := json.Unmarshal(raw, &coded)
	t.Code, t.Args = coded.Code, coded.Args
	return err
}

// UnmarshalText takes words as they are. It tells what describes types that to a caller this is a
// string.
func (t *Text) UnmarshalText(own []byte) error {
	*t = Plain(string(own))
	return nil
}
