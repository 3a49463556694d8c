package gateway

import (
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/wire"
)

// downloadCertificate is alipay.open.app.alipaycert.download: any certificate that
// Alipay has or had for the app, by its serial number. The answer is signed with
// the newest, which the caller may not know yet: the chain is what proves it.
func (c *call) downloadCertificate() admission.Answer {
	if c.app.Certificates == nil {
		return admission.Refuse(admission.CodeConditions, "isv.missing-signature-config", "应用未配置证书")
	}
	content, known := c.app.Certificates.Content(c.text("alipay_cert_sn"))
	if !known {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-parameter", "参数 alipay_cert_sn 对应的证书不存在")
	}
	return admission.Succeed(wire.Member{"alipay_cert_content", content})
}
