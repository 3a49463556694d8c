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

// Object reads the members of a JSON object the way Alipay's messages need it: names match
// exactly (encoding/json folds case, which would give one field two spellings), scalars may
// be strings or numbers, and an object may come as a string that holds JSON. It keeps the
// first error and reads the rest as empty, so that a message is read without a check after
// each member.
type Object struct {
	members map[string]json.RawMessage
	err     *error
	asked   map[string]bool // see Watched
	path    string          // of the object, with a dot behind it, for asked
}

var errWrongType = errors.New("wrong JSON type")

// ReadObject opens a JSON object. A list or null fails here, because no message consists of
// one.
func ReadObject(data []byte) (Object, error) {
	o := Object{err: new(error)}
	if err := json.Unmarshal(data, &o.members); err != nil || o.members == nil {
		return Object{}, fmt.Errorf("%w: an object is wanted", errWrongType)
	}
	return o, nil
}

// ObjectOf returns an Object for members that [ReadMembers] has split already, so that
// nothing is parsed twice.
func ObjectOf(members map[string]json.RawMessage) Object {
	return Object{members: members, err: new(error)}
}

// Failure returns the first error, nil when there is none. Check it once after reading,
// because the readers keep it.
func (o Object) Failure() error { return *o.err }

// fail keeps the first error, because the later ones mostly follow from it. It names the
// member but never its value, which may be a token or personal.
func (o Object) fail(name, wanted string) {
	if *o.err == nil {
		*o.err = fmt.Errorf("member %s: %w: %s is wanted", name, errWrongType, wanted)
	}
}

// Member returns the JSON of a member, nil when it is missing or null, because Alipay uses
// both for the same.
func (o Object) Member(name string) json.RawMessage {
	if o.asked != nil {
		o.asked[o.path+name] = true
	}
	raw := bytes.TrimSpace(o.members[name])
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return raw
}

// Text returns a string; numbers and booleans as they are spelled, because Alipay writes the
// same field now as a string and now as a number; "" for null.
func (o Object) Text(name string) string {
	raw := o.Member(name)
	switch {
	case raw == nil:
		return ""
	case raw[0] == '"':
		if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			return string(plain) // nearly every string, so the decoder is avoided
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

// Word returns an id, a status or another text that decides something. Unlike prose it has to
// be whole: with an unreadable or a control character it would name something else.
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

var errDamagedWord = errors.New("it holds characters that can't be read")

// Prose returns a text that only people read. A value of another type is returned as the JSON
// it is, because no message may be lost over such a text.
func (o Object) Prose(name string) string {
	raw := o.Member(name)
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return string(raw)
	}
	return o.Text(name)
}

// Secret returns a token or a code in a type of its own, so that no log shows it.
func (o Object) Secret(name string) alipay.Secret { return alipay.Secret(o.Word(name)) }

// Object returns a member that is an object, or a string that holds one, because Alipay sends
// both. Missing, null and "" read as an object without members.
func (o Object) Object(name string) Object {
	raw := unquoteJSON(o.Member(name))
	inner := o.within(name)
	if len(raw) == 0 {
		return inner
	}
	if checkJSON(raw) != nil || json.Unmarshal(raw, &inner.members) != nil {
		o.fail(name, "an object")
		inner.members = nil
	}
	return inner
}

// Integer returns a number written as a number or as a string. An unreadable one is 0,
// because the numbers in messages are obsolete, and no token may be lost over them.
func (o Object) Integer(name string) int64 {
	n, err := strconv.ParseInt(o.Text(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Moment returns a time: milliseconds since 1970 as a number or a string, or Beijing time as
// text. An unreadable one is the zero time, for the reason that [Object.Integer] gives.
func (o Object) Moment(name string) time.Time {
	at, _ := ParseMoment(o.Text(name))
	return at
}

// unquoteJSON returns the JSON inside a string that holds JSON, with its texts mended like
// those of a message, because the same authors write them; anything else is returned
// unchanged.
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
