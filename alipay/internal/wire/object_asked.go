package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Watched returns the object with a memory of the members that its readers ask for, so that what
// Miniflow knows of a message or an answer is what it reads of it and no second list.
func (o Object) Watched() Object {
	o.asked = map[string]bool{}
	return o
}

// within returns an object without members for a member of this one.
func (o Object) within(name string) Object {
	return Object{err: o.err, asked: o.asked, path: o.path + name + "."}
}

// Unasked returns the paths of the members that nobody has asked a watched object for, sorted: a
// dot leads into an object, and into each object of a list. What was asked for as a whole is not
// looked into. It holds names alone, never a value.
func (o Object) Unasked() []string {
	found := map[string]bool{}
	o.unasked(found)
	return slices.Sorted(maps.Keys(found))
}

func (o Object) unasked(found map[string]bool) {
	for name, raw := range o.members {
		path := o.path + name
		if !o.asked[path] {
			found[path] = true
			continue
		}
		if !o.askedInside(path) {
			continue
		}
		for _, members := range objectsIn(unquoteJSON(raw)) {
			inner := o.within(name)
			inner.members = members
			inner.unasked(found)
		}
	}
}

func (o Object) askedInside(path string) bool {
	for asked := range o.asked {
		if strings.HasPrefix(asked, path+".") {
			return true
		}
	}
	return false
}

func objectsIn(raw []byte) []map[string]json.RawMessage {
	var one map[string]json.RawMessage
	if json.Unmarshal(raw, &one) == nil {
		return []map[string]json.RawMessage{one}
	}
	var list []map[string]json.RawMessage
	_ = json.Unmarshal(raw, &list) // anything else holds no members
	return list
}
