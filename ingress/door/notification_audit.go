package door

import (
	"miniflow/alipay"
	"miniflow/alipay/notify"
	"miniflow/order"
)

const (
	partAll     = "all"
	partBase    = "base"
	partPromote = "promote"
)

// reasonsOf returns why an audit ended as it did: the flat text first, because it sums up,
// then each half's remarks in the auditor's order. They are cut to what a workflow keeps.
func reasonsOf(m notify.VersionAudit) []order.Reason {
	var all []order.Reason
	if m.AuditReason != "" {
		all = append(all, order.Reason{Part: partAll, Memo: m.AuditReason})
	}
	all = append(all, remarks(partBase, m.BaseAuditReason)...)
	all = append(all, remarks(partPromote, m.PromoteAuditReason)...)
	if len(all) > MaxReasons {
		all = all[:MaxReasons]
	}
	if len(all) == 0 {
		return nil
	}
	kept, _ := order.CutReasons(all)
	return kept
}

// remarks returns one reason for each remark, and one more for pictures without a remark.
// Remarks without words and pictures are left out.
func remarks(part string, reason alipay.AuditReason) []order.Reason {
	var found []order.Reason
	for _, memo := range reason.Memos {
		if images := pictures(memo.Images); memo.Memo != "" || len(images) > 0 {
			found = append(found, order.Reason{Part: part, Memo: memo.Memo, Images: images})
		}
	}
	if images := pictures(reason.Images); len(images) > 0 {
		found = append(found, order.Reason{Part: part, Images: images})
	}
	return found
}

func pictures(names []string) []string {
	var found []string
	for _, name := range names {
		if name != "" && len(found) < MaxImages {
			found = append(found, name)
		}
	}
	return found
}
