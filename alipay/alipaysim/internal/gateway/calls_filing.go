package gateway

import (
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/wire"
)

// queryFiling is alipay.open.mini.icp.status.query, which names the mini program by its token alone.
func (c *call) queryFiling() admission.Answer {
	filing := c.FilingOf(c.mini)
	return admission.Done(wire.Member{"icp_status", filing.Status}, wire.Member{"icp_result_desc", filing.Description})
}

// queryBaseInfo is alipay.open.mini.baseinfo.query: what was submitted, and whether the release is limited.
func (c *call) queryBaseInfo() admission.Answer {
	info := c.mini.BaseInfo
	return admission.Done(wire.Member{"app_name", info["app_name"]}, wire.Member{"app_slogan", info["app_slogan"]},
		wire.Member{"app_desc", info["app_desc"]}, wire.Member{"registration_limit_release", !c.mini.LimitedUntil.IsZero()})
}
