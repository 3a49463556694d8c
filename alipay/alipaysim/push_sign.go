package alipaysim

import (
	"fmt"
	"net/url"
)

// signed is the form body of the message: values in its charset, signed over
// those bytes, then percent-encoded. It is the same in every attempt.
func signed(m *messageRecord, app App) (string, error) {
	params, text, err := unsigned(m, app)
	if err != nil {
		return "", err
	}
	if params["sign"], err = app.sign(text); err != nil {
		return "", err
	}
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	return form.Encode(), nil
}

// unsigned is the form's raw values and the text that is to be signed. Encryption
// comes before the signature, so that a receiver verifies before it decrypts.
func unsigned(m *messageRecord, app App) (params map[string]string, text string, err error) {
	params = make(map[string]string, len(m.Params)+1)
	for name, value := range m.Params {
		if params[name], err = m.Charset.encode(value); err != nil {
			return nil, "", fmt.Errorf("encode %s of %s: %w", name, m.Name, err)
		}
	}
	if _, has := params["biz_content"]; m.Encrypt && has { // a flat message has nothing that is encrypted
		params["encrypt_type"] = encryptType
		if params["biz_content"], err = encrypt(app.AESKey, params["biz_content"]); err != nil {
			return nil, "", fmt.Errorf("encrypt %s: %w", m.Name, err)
		}
	}
	if app.CertSNInPushes == SignedCertSN {
		params["alipay_cert_sn"] = app.Certificates.SN()
	}
	text = m.Rule.text(params)
	if app.CertSNInPushes == UnsignedCertSN {
		params["alipay_cert_sn"] = app.Certificates.SN()
	}
	return params, text, nil
}
