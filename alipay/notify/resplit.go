package notify

import "strings"

// The signed text escapes nothing, so different forms can have the same one: the pairs a=1,
// b=2 and the single pair a="1&b=2" both read "a=1&b=2". An attacker with one genuine message
// could merge notify_type into notify_id, and submit the same message twice under two ids; or
// split a value that contains an & in two. The signature holds each time. The checks below
// come after the signature check and refuse such forms. One case remains: free text of a
// trade notification, split at a name that Alipay doesn't document; nothing here reads
// parameters of such names.

// resplit reports whether the covered parameters are a genuine text split at other places,
// which the signature can't exclude: a value contains the beginning of a parameter, or a name
// contains a separator.
func (f form) resplit(covered paramSet) bool {
	content := f.index(paramBizContent)
	flat := content < 0 || !covered.has(content)
	next := "\xff"
	for i := len(f) - 1; i >= 0; i-- {
		if !covered.has(i) {
			continue
		}
		if strings.ContainsAny(f[i].name, "&=") || f[i].containsParam(next, flat) {
			return true
		}
		next = f[i].name
	}
	return false
}

// containsParam reports whether the value contains "&name=" where that can be the beginning
// of another parameter. Next is the name of the following parameter.
//
// Outside biz_content a message contains nothing but ids and Alipay's own words, so a
// documented name is evidence enough. Inside biz_content, and in flat messages, there is free
// text with links in it: there the name must also sort before the next one. The "&charset="
// of a link is followed by the message's own charset, so it can't have been a parameter.
func (p param) containsParam(next string, flat bool) bool {
	for rest := p.value; ; {
		_, after, found := strings.Cut(rest, "&")
		if !found {
			return false
		}
		rest = after
		name, _, found := strings.Cut(rest, "=")
		if !found {
			return false
		}
		between := p.name < name && name < next
		switch {
		case p.name == paramBizContent:
			found = envelopeParams[name] && between
		case flat && name != paramBizContent:
			found = (envelopeParams[name] || flatParams[name]) && (between || name == p.name)
		default:
			found = envelopeParams[name]
		}
		if found {
			return true
		}
	}
}

// cutContent reports whether an unreadable biz_content is the first piece of a readable one:
// joined with the parameters that follow it, it is JSON. The beginning of a JSON text is
// never JSON itself, so a readable content was never cut.
func (f form) cutContent(covered paramSet, readable func(string) bool) bool {
	at := f.index(paramBizContent)
	if at < 0 || !covered.has(at) {
		return false
	}
	whole := f[at].value
	for i := at + 1; i < len(f); i++ {
		if !covered.has(i) {
			continue
		}
		whole += "&" + f[i].name + "=" + f[i].value
		if readable(whole) {
			return true
		}
	}
	return false
}
