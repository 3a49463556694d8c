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
