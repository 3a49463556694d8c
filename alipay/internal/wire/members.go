package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ReadMembers splits one JSON object, with nothing after it, into the raw texts of its
// members. Raw, because a signature covers a member byte by byte.
func ReadMembers(body []byte) (map[string]json.RawMessage, error) { return CutMembers(body, body) }

// CutMembers is ReadMembers for a body that the decoder can't read as it came: it parses
// plain, which has the same structure byte by byte, and cuts the members out of body.
func CutMembers(body, plain []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(plain))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := make(map[string]json.RawMessage)
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil, errors.New("broken JSON")
		}
		if _, twice := members[name]; twice {
			return nil, errors.New("a member occurs twice")
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, errors.New("broken JSON")
		}
		end := int(decoder.InputOffset())
		members[name] = body[end-len(value) : end]
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("broken JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return members, nil
}
