package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"miniflow/alipay"
)

// Object reads the members of a JSON object the way Alipay's messages need
// it: names match exactly (encoding/json folds case, which would give one field
// two spellings), scalars may be strings or numbers, and an object may come as
// a string that holds JSON. The first mistake is kept and the rest read as
// empty, so that a message is read in straight lines.
type Object struct {
	members map[string]json.RawMessage
	err     *error
}

// errWrongType is the base of every complaint about a member.
var errWrongType = errors.New("wrong JSON type")

// ReadObject opens a JSON object.
func ReadObject(data []byte) (Object, error) {
	o := Object{err: new(error)}
	if err := json.Unmarshal(data, &o.members); err != nil || o.members == nil {
		return Object{}, fmt.Errorf("%w: an object is wanted", errWrongType)
	}
	return o, nil
}

// ObjectOf reads members that were taken apart already.
func ObjectOf(members map[string]json.RawMessage) Object {
	return Object{members: members, err: new(error)}
}

// Failure returns the first mistake, nil when there was none.
func (o Object) Failure() error { return *o.err }

// fail keeps the first mistake. It names the member, never its value.
func (o Object) fail(name, wanted string) {
	if *o.err == nil {
		*o.err = fmt.Errorf("member %s: %w: %s is wanted", name, errWrongType, wanted)
	}
}

// Member gives a Member's JSON, or nil when it is missing or null.
func (o Object) Member(name string) json.RawMessage {
	raw := bytes.TrimSpace(o.members[name])
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return raw
}

// Text gives a string; numbers and booleans as they are spelled; "" for null.
func (o Object) Text(name string) string {
	raw := o.Member(name)
	switch {
	case raw == nil:
		return ""
	case raw[0] == '"':
		if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			return string(plain) // as nearly all are
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			o.fail(name, "a string")
		}
		return text
	case raw[0] == '{' || raw[0] == '[':
		o.fail(name, "a string")
		return ""
	default:
		return string(raw)
	}
}

// Word gives an id, a status or another text that decides something. Unlike prose it
// has to be whole: with a character that can't be read, or a control character, it
// would name something else.
func (o Object) Word(name string) string {
	text := o.Text(name)
	if strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || r < ' ' || r == '\x7f' }) {
		if *o.err == nil {
			*o.err = fmt.Errorf("member %s: %w", name, errDamagedWord)
		}
		return ""
	}
	return text
}

// errDamagedWord is the base of every complaint about a text that decides something.
var errDamagedWord = errors.New("it holds characters that can't be read")

// Prose gives a text that people read. Nothing else depends on it, so one of another
// type is shown as the JSON it is, and no message is lost over it.
func (o Object) Prose(name string) string {
	raw := o.Member(name)
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return string(raw)
	}
	return o.Text(name)
}

// Secret gives a token or a code.
func (o Object) Secret(name string) alipay.Secret { return alipay.Secret(o.Word(name)) }

// Object gives a member that is an Object, or a string that holds one. Missing,
// null and "" read as an object without members.
func (o Object) Object(name string) Object {
	raw := unquoteJSON(o.Member(name))
	inner := Object{err: o.err}
	if len(raw) == 0 {
		return inner
	}
	if checkJSON(raw) != nil || json.Unmarshal(raw, &inner.members) != nil {
		o.fail(name, "an object")
		inner.members = nil
	}
	return inner
}

// Integer gives a number written as a number or as a string. What can't be read
// is 0: the numbers in messages are obsolete, and no token may be lost to them.
func (o Object) Integer(name string) int64 {
	n, err := strconv.ParseInt(o.Text(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Moment gives a time: milliseconds since 1970 as a number or a string, or
// Beijing time as text. What can't be read is the zero time, as for integer.
func (o Object) Moment(name string) time.Time {
	at, _ := ParseMoment(o.Text(name))
	return at
}

// unquoteJSON takes the JSON out of a string that holds JSON, and mends its texts as
// those of a message are; anything else is returned as it is.
func unquoteJSON(raw []byte) []byte {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '"' {
		return raw
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return raw
	}
	raw = bytes.TrimSpace([]byte(text))
	if mended, _, err := mend(raw); err == nil {
		return mended
	}
	return raw
}
