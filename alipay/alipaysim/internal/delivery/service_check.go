package delivery

import (
	"encoding/base64"
	"strings"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// checkAnswer says what is wrong with the answer to a gateway check, or nothing:
// an XML document whose response holds success and the application's public key,
// signed with its private key over the inside of response exactly as written.
func checkAnswer(app account.App, charset wire.Charset, answer []byte) string {
	label := `<?xml version="1.0" encoding="` + string(charset) + `"?><alipay><response>`
	rest, found := strings.CutPrefix(strings.TrimSpace(string(answer)), label)
	if !found {
		return "the answer does not begin with " + label
	}
	response, rest, found := strings.Cut(rest, "</response>")
	if !found {
		return "the answer has no </response>"
	}
	if !strings.Contains(response, "<success>true</success>") {
		return "the answer does not say <success>true</success>"
	}
	if element(rest, "sign_type") != app.SignType() {
		return "the answer's sign_type is not the app's"
	}
	if wire.Verify(app.AppPublicKey, response, element(rest, "sign")) != nil {
		return "the answer's sign is not the application's over the inside of response"
	}
	// The console shows whose gateway it is by the key in the answer.
	der, err := wire.MarshalPublicKey(app.AppPublicKey)
	if err != nil || element(response, "biz_content") != base64.StdEncoding.EncodeToString(der) {
		return "the answer's biz_content is not the application's public key"
	}
	if app.Certificates != nil && element(rest, "app_cert_sn") != app.Certificates.AppSN() {
		return "the answer's app_cert_sn is not the application certificate's"
	}
	return ""
}

func element(xml, name string) string {
	_, after, _ := strings.Cut(xml, "<"+name+">")
	text, _, found := strings.Cut(after, "</"+name+">")
	if !found {
		return ""
	}
	return text
}
