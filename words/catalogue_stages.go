package words

// stages are the names of an order's stages, and what the drawing of them says.
var stages = map[string]pattern{
	"stage.creating":               {"Creating", "创建中"},
	"stage.awaiting_merchant":      {"Awaiting merchant", "待商家确认"},
	"stage.awaiting_authorization": {"Awaiting authorisation", "待商家授权"},
	"stage.building":               {"Building", "构建中"},
	"stage.scanning":               {"Scanning", "安全扫描中"},
	"stage.submitting":             {"Submitting", "提交审核中"},
	"stage.auditing":               {"In audit", "审核中"},
	"stage.audit_rejected":         {"Audit rejected", "审核驳回"},
	"stage.base_passed":            {"Base passed", "准入通过"},
	"stage.releasing":              {"Releasing", "待上架"},
	"stage.online":                 {"Online", "已上架"},
	"stage.merchant_rejected":      {"Merchant rejected", "商家已拒绝"},
	"stage.confirm_timed_out":      {"Confirm timed out", "商家超时未确认"},
	"stage.creation_failed":        {"Creation failed", "创建失败"},
	"stage.cancelled":              {"Cancelled", "已取消"},

	"diagram.title":     {"Orders by stage", "各阶段的订单"},
	"diagram.about":     {"The stages of an order in the order of its story, how many orders are in each, and where each can go.", "订单各阶段按流程排列，标出每个阶段的订单数以及可以去往的阶段。"},
	"diagram.note":      {"Every stage before an end can also go to %s or %s.", "结束之前的任何阶段还可转为“%s”或“%s”。"},
	"diagram.cell":      {"%s: %s orders", "%s：%s 个订单"},
	"diagram.cell_wait": {"%s: %s orders, the oldest for %s", "%s：%s 个订单，最久 %s"},
}
