package diagnose

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"miniflow/alipay/keys"
)

type logged struct {
	// draft holds the parameters of a message in the message's charset, because that was
	// signed; lost names those for which JSON kept no value.
	draft draft
	lost  []string
	// envelope is set for other signed things, an answer or a frame, because people confuse
	// them with notifications.
	envelope *envelope
}

type envelope struct {
	cause  Cause
	what   string
	signed [][]byte // slashes may have been escaped after signing
	sign   string
}

// maxNested and maxObjects bound the search for a message inside JSON, because a log line can
// contain any amount of it.
const (
	maxNested  = 6
	maxObjects = 32
)

// readLogged finds the JSON of a message, or of something else that is signed, anywhere in a
// text, because handlers log the parameters with words of their own around them.
func readLogged(text string) (logged, bool) {
	at := 0
	for range maxObjects {
		next := strings.IndexByte(text[at:], '{')
		if next < 0 {
			break
		}
		at += next
		var raw json.RawMessage
		if json.NewDecoder(strings.NewReader(text[at:])).Decode(&raw) == nil {
			if found, ok := signedIn(raw, maxNested); ok {
				return found, true
			}
			at += len(raw) - 1
		}
		at++
	}
	return logged{}, false
}

func signedIn(raw []byte, depth int) (logged, bool) {
	d, lost, ok := readObject(raw)
	if !ok || depth == 0 {
		return logged{}, false
	}
	if e := frameIn(d); e != nil {
		return logged{envelope: e}, true
	}
	if d.get(paramSign) != "" {
		if e := answerIn(raw, d); e != nil {
			return logged{envelope: e}, true
		}
		return logged{draft: inItsCharset(d), lost: lost}, true
	}
	for _, f := range d {
		if inner := strings.TrimSpace(f.value); strings.HasPrefix(inner, "{") {
			if found, ok := signedIn([]byte(inner), depth-1); ok {
				return found, true
			}
		} else if form := parse(inner); form.get(paramSign) != "" && len(form) > 1 {
			return logged{draft: form}, true
		}
	}
	return logged{}, false
}

// readObject reads an object of parameters as frameworks log it. Values that aren't strings
// count as they are written; null means that the value is lost, so it is reported.
func readObject(raw []byte) (d draft, lost []string, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, nil, false
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		var raw json.RawMessage
		if err != nil || !isName || decoder.Decode(&raw) != nil {
			return nil, nil, false
		}
		if string(raw) == "null" {
			lost = append(lost, name)
			continue
		}
		d = append(d, field{name, valueOf(raw)})
	}
	return d, lost, true
}

// valueOf returns the text of a JSON value, also of the only one in a list, because
// http.Request.Form and similar types have lists.
func valueOf(raw json.RawMessage) string {
	var value string
	var list []string
	switch {
	case json.Unmarshal(raw, &value) == nil:
		return value
	case json.Unmarshal(raw, &list) == nil && len(list) == 1:
		return list[0]
	default:
		return string(bytes.TrimSpace(raw))
	}
}

// inItsCharset encodes characters as the bytes that were signed, because a log holds
// characters, whatever charset the message came in.
func inItsCharset(d draft) draft {
	for _, charset := range gbkCharsets[strings.ToUpper(strings.TrimSpace(d.get(paramCharset)))] {
		if encoded, changed := d.mapValues(encodeIn(charset)); len(changed) > 0 {
			return encoded
		}
	}
	return d
}

func frameIn(d draft) *envelope {
	protocol, _, ok := readObject([]byte(d.get("protocol")))
	if !ok || !d.has("data") || protocol.get("x-sign") == "" {
		return nil
	}
	return &envelope{cause: CauseNotAForm, what: "a frame of the long connection, which is verified where it comes in",
		signed: [][]byte{[]byte(d.get("data"))}, sign: protocol.get("x-sign")}
}

func answerIn(raw []byte, d draft) *envelope {
	at := slices.IndexFunc(d, func(f field) bool { return f.name == "response" || strings.HasSuffix(f.name, "_response") })
	if at < 0 || d.has("notify_id") {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	text := []byte(members[d[at].name])
	return &envelope{cause: CauseSignedAnswer, what: "the text of " + d[at].name,
		signed: [][]byte{text, bytes.ReplaceAll(text, []byte(`\/`), []byte("/")), []byte(d[at].value)}, sign: d.get(paramSign)}
}

// finding returns what the envelope is, and whether its own signature holds, so that the keys
// are known to be right.
func (e *envelope) finding(q Question) Finding {
	f := Finding{Cause: e.cause, Detail: e.what + "; its own signature does not hold under any of the given keys"}
	for _, app := range q.Apps {
		for _, key := range app.AlipayKeys {
			for _, text := range e.signed {
				if keys.Verify(key.Public, keys.SignTypeOf(key.Public), text, e.sign) == nil {
					f.Proven, f.Detail = true, e.what+"; its own signature holds"
				}
			}
		}
	}
	return f
}
