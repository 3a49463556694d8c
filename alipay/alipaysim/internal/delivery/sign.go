package delivery

import (
	"fmt"
	"net/url"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// signed is the form body of the message: values in its charset, signed over
// those bytes, then percent-encoded. It is the same in every attempt.
func signed(m *world.Message, app account.App) (string, error) {
	params, text, err := unsigned(m, app)
	if err != nil {
		return "", err
	}
	if params["sign"], err = app.Sign(text); err != nil {
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
func unsigned(m *world.Message, app account.App) (params map[string]string, text string, err error) {
	params = make(map[string]string, len(m.Params)+1)
	for name, value := range m.Params {
		if params[name], err = m.Charset.Encode(value); err != nil {
			return nil, "", fmt.Errorf("encode %s of %s: %w", name, m.Name, err)
		}
	}
	if _, has := params["biz_content"]; m.Encrypt && has { // a flat message has nothing that is encrypted
		params["encrypt_type"] = wire.EncryptType
		if params["biz_content"], err = wire.Encrypt(app.AESKey, params["biz_content"]); err != nil {
			return nil, "", fmt.Errorf("encrypt %s: %w", m.Name, err)
		}
	}
	if app.CertSNInPushes == account.SignedCertSN {
		params["alipay_cert_sn"] = app.Certificates.SN()
	}
	text = m.Rule.Text(params)
	if app.CertSNInPushes == account.UnsignedCertSN {
		params["alipay_cert_sn"] = app.Certificates.SN()
	}
	return params, text, nil
}
