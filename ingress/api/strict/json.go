package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"miniflow/ingress/api/problem"
	"miniflow/internal/harmless"
)

// maxDepth is how deep a body's JSON may be nested, so that no reader recurses without bound.
// Only version.ext, which is the merchant's own, is nested at all deeply.
const maxDepth = 32

// The reasons why a body is unreadable. Each is a 400, because no field can be named.
var (
	errNotJSON = errors.New("the body is not one JSON value in UTF-8; send a single JSON object")
	errTooDeep = errors.New("the body is nested too deeply; " + strconv.Itoa(maxDepth) + " levels are the most")
)

// ReadTree reads a body strictly: one JSON value, valid UTF-8, bounded depth, no name twice
// in an object, because parsers differ in which one they take. Numbers keep their spelling.
// Names that occur twice are added to fields.
func ReadTree(body []byte, fields *problem.Fields) (any, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotJSON
	}
	reader := treeReader{body: body, decoder: json.NewDecoder(bytes.NewReader(body)), fields: fields}
	reader.decoder.UseNumber()
	return reader.value("", 0)
}

// treeReader builds a tree token by token, so that depth is bounded before anything recurses
// and a repeated name is detected.
type treeReader struct {
	body    []byte
	decoder *json.Decoder
	fields  *problem.Fields
}

func (r treeReader) value(path string, depth int) (any, error) {
	token, err := r.token(path)
	if err != nil {
		return nil, errNotJSON
	}
	delimiter, nested := token.(json.Delim)
	switch {
	case !nested:
		return token, nil
	case depth >= maxDepth:
		return nil, errTooDeep
	case delimiter == '{':
		return r.object(path, depth+1)
	default:
		return r.list(path, depth+1)
	}
}

// token reads one token. The decoder would silently replace half a surrogate pair by U+FFFD,
// and the order would then contain other words than the caller's.
func (r treeReader) token(path string) (json.Token, error) {
	start := r.decoder.InputOffset()
	token, err := r.decoder.Token()
	if _, isText := token.(string); isText && halfSurrogate(r.body[start:r.decoder.InputOffset()]) {
		r.fields.Add(path, `send whole characters; a \u escape of a surrogate stands there without its other half`)
	}
	return token, err
}

// halfSurrogate reports whether a JSON text escapes one half of a surrogate pair without the
// other. It reads the text as written, because the decoder replaces such a half.
func halfSurrogate(written []byte) bool {
	const unit = 6
	for i := 0; i < len(written); i++ {
		if written[i] != '\\' {
			continue
		}
		first, escaped := escapedUnit(written[i:])
		if !escaped || !utf16.IsSurrogate(first) {
			i++ // the next character is escaped, so it begins no escape
			continue
		}
		second, _ := escapedUnit(written[min(i+unit, len(written)):])
		if utf16.DecodeRune(first, second) == utf8.RuneError {
			return true
		}
		i += 2*unit - 1
	}
	return false
}

func escapedUnit(text []byte) (rune, bool) {
	const unit = 6
	if len(text) < unit || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	value, err := strconv.ParseUint(string(text[2:unit]), 16, 16)
	return rune(value), err == nil
}

func (r treeReader) object(path string, depth int) (any, error) {
	members := map[string]any{}
	// Errors need no text of their own, because More and Token only fail on what json.Valid
	// has refused already.
	for r.decoder.More() {
		token, err := r.token(path)
		name, isName := token.(string)
		if err != nil || !isName {
			return nil, errNotJSON
		}
		member := Join(path, name)
		if _, twice := members[name]; twice {
			r.fields.Add(member, "give it once; it is there twice")
		}
		if members[name], err = r.value(member, depth); err != nil {
			return nil, err
		}
	}
	return members, r.end()
}

func (r treeReader) list(path string, depth int) (any, error) {
	items := []any{}
	for r.decoder.More() {
		item, err := r.value(path+"["+strconv.Itoa(len(items))+"]", depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, r.end()
}

func (r treeReader) end() error {
	if _, err := r.decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

// Join returns the path of a member in the spelling that callers use, so that they find it in
// their own body.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// refuseControls names every text with a control character, which could forge a log line or
// move a terminal's cursor. Texts that go to Alipay unchanged may have line breaks and tabs.
func refuseControls(node any, path string, breaks bool, fields *problem.Fields) {
	switch node := node.(type) {
	case string:
		if HasControl(node, breaks) {
			fields.Add(path, "remove the control characters")
		}
	case []any:
		for i, item := range node {
			refuseControls(item, path+"["+strconv.Itoa(i)+"]", breaks, fields)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(node)) {
			member := Join(path, name)
			if HasControl(name, false) {
				fields.Add(member, "remove the control characters from its name")
			}
			refuseControls(node[name], member, breaks || carriedAsIs(member), fields)
		}
	}
}

// carriedAsIs reports whether a field is the merchant's text, in which line breaks mean
// something.
func carriedAsIs(path string) bool {
	return path == "create" || path == "submission" || path == "version.ext"
}

// HasControl reports whether a text has a control character that is not allowed; breaks
// allows line breaks and tabs, because auditors' and merchants' texts have them.
func HasControl(text string, breaks bool) bool {
	for _, r := range text {
		if harmless.IsControl(r) && (!breaks || r != '\n' && r != '\r' && r != '\t') {
			return true
		}
	}
	return false
}

// Canonical returns a JSON value in a form in which equal values have equal bytes, because
// repeated requests are compared by it: members sorted, no spaces, numbers as they were
// written.
func Canonical(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Unreadable returns the answer to a body that isn't JSON, which is a 400 because no field
// can be named.
func Unreadable(err error) *problem.Problem { return problem.New(problem.RequestUnreadable, "%v", err) }
