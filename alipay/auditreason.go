package alipay

// AuditReason is why one half of an audit, admission or marketing, ended as it did. It stands
// here because messages and the gateway's answers carry the same form.
type AuditReason struct {
	Images []string    `json:"audit_images,omitempty"` // URLs, at times only file names, so they are shown and not fetched
	Memos  []AuditMemo `json:"memos,omitempty"`
}

// AuditMemo is one remark of an auditor. Its pictures are kept with it, because they show
// what the remark is about.
type AuditMemo struct {
	Memo   string   `json:"memo"`
	Images []string `json:"memo_image_list,omitempty"`
}
