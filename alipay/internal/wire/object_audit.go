package wire

import (
	"encoding/json"

	"miniflow/alipay"
)

// BundleID returns the client, or Alipay's default where the field is left out.
func (o Object) BundleID() string {
	if id := o.Word("bundle_id"); id != "" {
		return id
	}
	return alipay.DefaultBundleID
}

// Reason reads an audit reason in every form that was seen in practice: an object, a string
// that holds the object's JSON, a string of plain words, an empty string or null; each of its
// arrays may be missing or null. Anything else is kept as the words of one memo, because an
// auditor's words are worth more than their form.
func (o Object) Reason(name string) alipay.AuditReason {
	var reason alipay.AuditReason
	raw := o.Member(name)
	inner := unquoteJSON(raw)
	if len(inner) == 0 || string(inner) == "null" || inner[0] == '{' && json.Unmarshal(inner, &reason) == nil {
		return reason
	}
	words := string(raw)
	if raw[0] == '"' && json.Unmarshal(raw, &words) != nil {
		words = string(raw)
	}
	return alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: words}}}
}
