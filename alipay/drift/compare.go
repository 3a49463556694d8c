package drift

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/notify"
)

// Bounds of what a time may be. Alipay repeats a message for a little more than 24 hours; a clock is
// seldom wrong by minutes; a time zone is wrong by hours.
const (
	repeatsFor  = 25 * time.Hour
	clockWithin = 10 * time.Minute
	zoneWithin  = time.Hour
)

// answered returns what differs in an answer.
func answered(a gateway.Answer, now time.Time) []seen {
	var all []seen
	add := func(kind Kind, field, what string) { all = append(all, seen{kind, a.Method, field, what}) }
	switch {
	case a.Charset != "" && a.Charset != string(wire.UTF8):
		add(KindCharset, "", plain(a.Charset, charsetShape))
	case !a.UTF8:
		add(KindCharset, "", notUTF8)
	}
	values := scalarsOf(a.Content)
	if code := first(values, "code"); code != codes.CodeSuccess {
		subCode, subMsg := first(values, "sub_code"), first(values, "sub_msg")
		if what := codes.RealSubCode(subCode, subMsg); codes.Classify(a.Method, code, subCode, subMsg).Unlisted || assumed(KindCode, a.Method, what) {
			add(KindCode, "", plain(cmp.Or(what, code), codeShape))
		}
	}
	all = append(all, statusesIn(a.Method, values)...)
	for _, path := range a.Unread {
		if path != "code" && path != "msg" && !documented(a.Method, path) {
			add(KindField, plainPath(path), "")
		}
	}
	for _, v := range values {
		if at, ok := momentOf(v); ok && at.After(now.Add(zoneWithin)) {
			add(KindTiming, plainPath(v.path), tooEarly)
		}
	}
	return all
}

func documented(where, path string) bool {
	return slices.Contains(unread[where], path) || slices.Contains(ofTokens, path)
}

// momentOf reads the times of what has happened: Alipay names them gmt_….
func momentOf(v scalar) (time.Time, bool) {
	name := v.path[strings.LastIndexByte(v.path, '.')+1:]
	if !strings.HasPrefix(name, "gmt_") && name != "create_time" {
		return time.Time{}, false
	}
	return wire.ParseMoment(v.value)
}

// received returns what differs in a verified message.
func received(n *notify.Notification, now time.Time) []seen {
	var all []seen
	where := plain(n.Name, nameShape)
	add := func(kind Kind, what string) { all = append(all, seen{kind, where, "", what}) }
	switch {
	case !knownMessage(n.Name):
		add(KindName, where)
	case n.Layout == notify.LayoutChannel && slices.Contains(legacyNames, n.Name):
		add(KindName, where)
	}
	if label := wire.Charset(n.Params.Get("charset")).Normal(); label != "" && !label.Known() {
		add(KindCharset, plain(string(label), charsetShape))
	}
	switch lag := now.Sub(n.SentAt); {
	case n.SentAt.IsZero():
	case lag > repeatsFor:
		add(KindTiming, tooLate)
	case lag < -clockWithin:
		add(KindTiming, tooEarly)
	}
	all = append(all, statusesIn(where, scalarsOf(n.Content))...)
	return append(append(all, parametersOf(n, where)...), membersOf(n, where)...)
}

// parametersOf compares the envelope, and how its text was signed.
func parametersOf(n *notify.Notification, where string) (all []seen) {
	blank := false
	for name, value := range n.Params.All() {
		blank = blank || value == ""
		switch {
		case name == "alipay_cert_sn":
			all = append(all, seen{KindField, where, name, certificateNamed})
		case !slices.Contains(parameters, name):
			all = append(all, seen{KindField, where, plainPath(name), ""})
		}
	}
	if n.Rule.EmptyDropped {
		return append(all, seen{KindField, where, "", emptyDropped})
	}
	if blank {
		all = append(all, seen{KindField, where, "", emptyKept})
	}
	return all
}

// membersOf compares the content.
func membersOf(n *notify.Notification, where string) (all []seen) {
	if _, err := n.Message(); err != nil {
		return []seen{{KindField, where, "", notAsDocumented}}
	}
	paths, typed := n.Unread()
	if _, listed := unread[where]; !typed && listed {
		paths = namesIn(n.Content)
	}
	for _, path := range paths {
		if !slices.Contains(unread[where], path) {
			all = append(all, seen{KindField, where, plainPath(path), ""})
		}
	}
	return all
}

func statusesIn(where string, values []scalar) (all []seen) {
	for _, v := range values {
		known, isStatus := statuses[where][v.path]
		if isStatus && v.value != "" && (!known(v.value) || assumed(KindStatus, where, v.value)) {
			shape := statusShape
			if where == alipay.MessageOpenAppAuth {
				shape = triggerShape
			}
			all = append(all, seen{KindStatus, where, v.path, plain(v.value, shape)})
		}
	}
	return all
}

// scalar is a value in a content. It lives as long as the comparison.
type scalar struct{ path, value string }

// scalarsOf returns the values of a content by their paths, into lists and into texts that hold JSON.
func scalarsOf(content json.RawMessage) (all []scalar) {
	var value any
	if json.Unmarshal(content, &value) == nil {
		collect(value, "", &all)
	}
	return all
}

func collect(value any, path string, all *[]scalar) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			collect(inner, strings.TrimPrefix(path+"."+name, "."), all)
		}
	case []any:
		for _, inner := range v {
			collect(inner, path, all)
		}
	case string:
		var inside any
		if holdsJSON(v) && json.Unmarshal([]byte(v), &inside) == nil {
			collect(inside, path, all)
			return
		}
		*all = append(*all, scalar{path, v})
	}
}

func holdsJSON(text string) bool { return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") }

func namesIn(content json.RawMessage) (names []string) {
	members, err := wire.ReadMembers(content)
	if err != nil {
		return nil
	}
	for name := range members {
		names = append(names, name)
	}
	return names
}

func first(values []scalar, path string) string {
	i := slices.IndexFunc(values, func(v scalar) bool { return v.path == path })
	if i < 0 {
		return ""
	}
	return values[i].value
}
