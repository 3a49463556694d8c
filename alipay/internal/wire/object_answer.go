package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The readers below add to Object what only the gateway's answers need.

// Need returns a text, and fails when it is missing because the answer is useless without it.
func (o Object) Need(name string) string {
	text := o.Text(name)
	if text == "" && *o.err == nil {
		*o.err = fmt.Errorf("member %s is missing", name)
	}
	return text
}

// Flag reads true or false, as a boolean or as a text, because Alipay writes both; false when
// missing.
func (o Object) Flag(name string) bool {
	text := strings.ToLower(o.Text(name))
	if text == "" {
		return false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		o.fail(name, "true or false")
	}
	return value
}

// SoftMoment reads a time. An unreadable one, of whatever type, is the zero time and not a
// failure, because no answer is worth losing over it.
func (o Object) SoftMoment(name string) time.Time {
	raw := o.Member(name)
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return time.Time{}
	}
	if at, ok := ParseMoment(o.Text(name)); ok {
		return at
	}
	return time.Time{}
}

// Objects reads a list of objects, also one that was put into a text as JSON; empty when
// missing. A single object counts as a list of one, because Alipay unwraps such lists.
func (o Object) Objects(name string) []Object {
	raw := unquoteJSON(o.Member(name))
	if len(raw) == 0 {
		return nil
	}
	if raw[0] == '{' {
		raw = []byte("[" + string(raw) + "]")
	}
	var items []map[string]json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		o.fail(name, "a list of objects")
		return nil
	}
	read := make([]Object, 0, len(items))
	for _, members := range items {
		inner := o.within(name)
		inner.members = members
		read = append(read, inner)
	}
	return read
}

// Texts reads a list of strings; empty when missing, because Alipay leaves empty lists out.
func (o Object) Texts(name string) []string {
	raw := unquoteJSON(o.Member(name))
	var items []string
	if len(raw) > 0 && json.Unmarshal(raw, &items) != nil {
		o.fail(name, "a list of strings")
	}
	return items
}
