package gateway

import (
	"context"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// FilingStatus is how far a mini program's ICP filing (备案) is, in Alipay's words. Only refusals are
// published, and those as examples; no page says which status means that the filing is done.
type FilingStatus string

// Statuses that Alipay's pages name.
const (
	FilingSecurityReject    FilingStatus = "SECURITY_AUDIT_REJECT"
	FilingSupervisionReject FilingStatus = "SUPERVISION_AUDIT_REJECT"
)

// Filing is what Alipay says of a mini program's ICP filing. The description has the reasons of a
// refusal, and a remark otherwise.
type Filing struct {
	Status      FilingStatus
	Description string
}

// QueryFiling queries the ICP filing of a mini program (alipay.open.mini.icp.status.query). It changes
// nothing, and names the mini program by its token alone.
func (c *Client) QueryFiling(ctx context.Context, token alipay.Secret) (Filing, error) {
	return askFor(ctx, c, alipay.MethodFiling, token, map[string]any{}, func(o wire.Object) Filing {
		return Filing{Status: FilingStatus(o.Text("icp_status")), Description: o.Text("icp_result_desc")}
	})
}

// LimitedRelease is what Alipay says of the form in which a mini program is online.
type LimitedRelease string

// Values of registration_limit_release. Empty is an answer that says nothing.
const (
	ReleaseLimited LimitedRelease = "true"
	ReleaseFull    LimitedRelease = "false"
)

// QueryLimitedRelease queries whether a mini program is online in the limited form only, for want of an
// ICP filing (alipay.open.mini.baseinfo.query). It changes nothing.
func (c *Client) QueryLimitedRelease(ctx context.Context, token alipay.Secret) (LimitedRelease, error) {
	return askFor(ctx, c, alipay.MethodBaseInfo, token, map[string]any{}, func(o wire.Object) LimitedRelease {
		return LimitedRelease(o.Text("registration_limit_release"))
	})
}
