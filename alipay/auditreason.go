package alipay

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// AuditReason is why one half of an audit went as it did.
type AuditReason struct {
	Images []string    `json:"audit_images,omitempty"` // URLs, at times only names
	Memos  []AuditMemo `json:"memos,omitempty"`
}

// AuditMemo is one remark of an auditor, with the pictures that belong to it.
type AuditMemo struct {
	Memo   string   `json:"memo"`
	Images []string `json:"memo_image_list,omitempty"`
}

// UnmarshalJSON reads a reason in every form it was seen in: an object, a
// string that holds the object's JSON, a string of plain words, an empty string
// or null; each of its arrays may be missing or null.
func (r *AuditReason) UnmarshalJSON(data []byte) error {
	*r = AuditReason{}
	raw := unquoteJSON(data)
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if raw[0] != '{' {
		return r.readWords(data)
	}
	type plain AuditReason
	if err := json.Unmarshal(raw, (*plain)(r)); err != nil {
		*r = AuditReason{}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) {
			return r.readWords(data)
		}
		return fmt.Errorf("read an audit reason: %w: an object with audit_images and memos is wanted", errWrongType)
	}
	return nil
}

// readWords takes a string that is no JSON as the text of one memo: an
// auditor's words are worth more than their form.
func (r *AuditReason) readWords(data []byte) error {
	var words string
	if json.Unmarshal(data, &words) != nil {
		return fmt.Errorf("read an audit reason: %w: an object or a string is wanted", errWrongType)
	}
	r.Memos = []AuditMemo{{Memo: words}}
	return nil
}
