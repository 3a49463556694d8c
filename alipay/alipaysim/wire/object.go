// Package wire is how Alipay writes: objects whose members keep their order, charsets,
// moments in Beijing's time, signatures over the bytes as they stand, and the content
// encryption. It keeps no state and knows no app.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Member is one member of an object. It is an alias, so that a literal needs no field
// names in the other rooms either: {"code", c}.
type Member = struct {
	Name  string
	Value any
}

// Object is a JSON object that keeps the order of its members: clients that cut an
// answer up by hand rely on it.
type Object []Member

// MarshalJSON writes the members in their order, and leaves out the escapes of
// json.Marshal, which the platform does not send.
func (p Object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, member := range p {
		if i > 0 {
			text.WriteByte(',')
		}
		name, err := EncodeJSON(member.Name)
		if err != nil {
			return nil, err
		}
		value, err := EncodeJSON(member.Value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// With changes the members of a sample: null removes one, and new ones follow in the
// order of their names, so that the text is the same each time.
func (p Object) With(fields map[string]json.RawMessage) Object {
	var changed Object
	left := maps.Clone(fields)
	for _, member := range p {
		value, given := fields[member.Name]
		delete(left, member.Name)
		switch {
		case !given:
			changed = append(changed, member)
		case string(value) != "null":
			changed = append(changed, Member{member.Name, value})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		changed = append(changed, Member{name, left[name]})
	}
	return changed
}

// EncodeJSON writes text as it is: \u003c for < would arrive garbled at clients
// that read such escapes wrongly, and the platform does not send them.
func EncodeJSON(value any) ([]byte, error) {
	if object, ok := value.(Object); ok {
		return object.MarshalJSON() // json.Marshal would escape it again
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// StrictObject splits a JSON object into its members as they were written. A member
// that comes twice is an error, because one reader takes the first and another the
// last; so is anything behind the object.
func StrictObject(text string) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("it is not JSON: %w", err)
		}
		name, _ := token.(string) // a name is always one
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %s is there twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("it is not JSON: %w", err)
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the object")
	}
	return members, nil
}
