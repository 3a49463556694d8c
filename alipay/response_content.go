package alipay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The readers below add to wireObject what only the gateway's answers need.

// need is a text without which an answer says nothing.
func (o wireObject) need(name string) string {
	text := o.text(name)
	if text == "" && *o.err == nil {
		*o.err = fmt.Errorf("member %s is missing", name)
	}
	return text
}

// flag reads true or false, as a boolean or as a text; false when missing.
func (o wireObject) flag(name string) bool {
	text := strings.ToLower(o.text(name))
	if text == "" {
		return false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		o.fail(name, "true or false")
	}
	return value
}

// softMoment reads a time that is never worth losing an answer for: what can't
// be read is the zero time.
func (o wireObject) softMoment(name string) time.Time {
	raw := o.member(name)
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return time.Time{}
	}
	if at, ok := parseMoment(o.text(name)); ok {
		return at
	}
	return time.Time{}
}

// objects reads a list of objects, also one that was put into a text as JSON;
// empty when missing. A single object counts as a list of one.
func (o wireObject) objects(name string) []wireObject {
	raw := unquoteJSON(o.member(name))
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
	read := make([]wireObject, 0, len(items))
	for _, members := range items {
		read = append(read, wireObject{members: members, err: o.err})
	}
	return read
}

// texts reads a list of texts; empty when missing.
func (o wireObject) texts(name string) []string {
	raw := unquoteJSON(o.member(name))
	var items []string
	if len(raw) > 0 && json.Unmarshal(raw, &items) != nil {
		o.fail(name, "a list of strings")
	}
	return items
}
