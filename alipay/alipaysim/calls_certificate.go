package alipaysim

// downloadCertificate is alipay.open.app.alipaycert.download: any certificate that
// Alipay has or had for the app, by its serial number. The answer is signed with
// the newest, which the caller may not know yet: the chain is what proves it.
func (c *call) downloadCertificate() answer {
	if c.app.Certificates == nil {
		return refuse(codeConditions, "isv.missing-signature-config", "应用未配置证书")
	}
	content, known := c.app.Certificates.content(c.text("alipay_cert_sn"))
	if !known {
		return refuse(codeIllegal, "isv.invalid-parameter", "参数 alipay_cert_sn 对应的证书不存在")
	}
	return succeed(pair{"alipay_cert_content", content})
}
