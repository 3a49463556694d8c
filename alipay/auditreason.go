package alipay

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
