package rollout

import (
	"bufio"
	"bytes"
	"encoding/json"

	"miniflow/order"
	"miniflow/words"
)

// extLine is a line of a file of configurations.
type extLine struct {
	MiniAppID string          `json:"mini_app_id"`
	Ext       json.RawMessage `json:"ext"`
}

// extsError says which line of a file can't be used, and nothing that is in it.
type extsError struct{ text words.Text }

func (e extsError) Error() string    { return e.text.String() }
func (e extsError) Text() words.Text { return e.text }

// ReadExts reads a file of members' configurations: a line of JSON for each, {"mini_app_id":"…","ext":{…}}.
// An error names the line and nothing that is in it.
func ReadExts(content []byte) (map[string]json.RawMessage, error) {
	exts := make(map[string]json.RawMessage)
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 2*order.MaxExtBytes)
	number := 0
	for lines.Scan() {
		number++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var line extLine
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil || line.MiniAppID == "" || !isObject(line.Ext):
			return nil, extsError{words.New("exts.form", number)}
		case len(line.Ext) > order.MaxExtBytes:
			return nil, extsError{words.New("exts.large", number, order.MaxExtBytes)}
		case exts[line.MiniAppID] != nil:
			return nil, extsError{words.New("exts.twice", number)}
		}
		exts[line.MiniAppID] = bytes.Clone(line.Ext)
	}
	if lines.Err() != nil {
		return nil, extsError{words.New("exts.long", number+1)}
	}
	return exts, nil
}

func isObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(raw, &object) == nil && object != nil
}
