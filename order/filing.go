package order

import "strings"

// Filing is how far a mini program's ICP filing (备案) is, in Alipay's words (icp_status). Only refusals
// are published: any other status is taken for one that is under way, and that the filing is done shows
// in a release that succeeds.
type Filing string

// CodeUnfiled is Alipay's code of a release that is refused for want of a filing. It is the code of
// [HoldAwaitingFiling] until Alipay has said how far the filing is; then that status is.
const CodeUnfiled = "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"

// Rejected reports whether the filing was refused: the statuses that Alipay's pages name end so.
func (f Filing) Rejected() bool { return strings.HasSuffix(string(f), "_REJECT") }

// Filing returns what Alipay has said of the filing that a hold waits for; empty where it has said
// nothing.
func (h Hold) Filing() Filing {
	if h.Kind != HoldAwaitingFiling || h.Code == CodeUnfiled {
		return ""
	}
	return Filing(h.Code)
}
