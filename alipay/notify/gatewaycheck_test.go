package notify_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// gatewayCheck is the question as the console asks it: the app's id is only in the XML, and
// everything is signed, sign_type too.
func gatewayCheck(xmlText string) push {
	return push{key: AlipayKey(), signType: true, params: map[string]string{
		"service": alipay.MessageGatewayCheck, "charset": "GBK", "sign_type": "RSA2", "biz_content": xmlText}}
}

const checkXML = `<?xml version="1.0" encoding="gbk"?><XML><AppId><![CDATA[` + thirdPartyApp + `]]></AppId>` +
	`<FromUserId><![CDATA[` + chineseGBK + `]]></FromUserId><CreateTime>1795280000000</CreateTime><MsgType><![CDATA[event]]></MsgType>` +
	`<EventType><![CDATA[verifygw]]></EventType><ActionParam/></XML>`

// gatewayAnswer is the answer as Alipay reads it.
type gatewayAnswer struct {
	XMLName  xml.Name `xml:"alipay"`
	Response struct {
		Inner   string `xml:",innerxml"`
		Key     string `xml:"biz_content"`
		Success string `xml:"success"`
	} `xml:"response"`
	AppCertSN string `xml:"app_cert_sn"`
	Sign      string `xml:"sign"`
	SignType  string `xml:"sign_type"`
}

func TestGatewayCheck(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	key, err := keys.ParsePrivateKey(o.PrivateKey("key.pem", "2048"))
	if err != nil {
		t.Fatal(err)
	}
	o.Run("", "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	n := mustRead(t, mustVerifier(t), gatewayCheck(checkXML).body())
	if !n.IsGatewayCheck() || n.AppID != thirdPartyApp || n.Layout != notify.LayoutService || n.ContentError != nil || n.Content != nil {
		t.Fatalf("read as %v, %s (%v)", n, n.Layout, n.ContentError)
	}
	for _, appCertSN := range []string{"", "866efef280dec9137a87d047ac446315"} {
		contentType, body, err := notify.GatewayCheckAnswer(n, key, appCertSN)
		if err != nil {
			t.Fatal(err)
		}
		if contentType != "text/xml; charset=GBK" || !strings.HasPrefix(string(body), `<?xml version="1.0" encoding="GBK"?>`) {
			t.Errorf("%s: %.60s", contentType, body)
		}
		asUTF8, err := simplifiedchinese.GBK.NewDecoder().String(string(body))
		if err != nil {
			t.Fatal(err)
		}
		_, document, _ := strings.Cut(asUTF8, "?>")
		var answer gatewayAnswer
		if err := xml.Unmarshal([]byte(document), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Response.Success != "true" || answer.SignType != "RSA2" || answer.AppCertSN != appCertSN {
			t.Errorf("answer %s", body)
		}
		if spki := alipaytest.Bare(t, o.Read("public.pem")); answer.Response.Key != spki {
			t.Errorf("key %s, want %s", answer.Response.Key, spki)
		}
		signature, err := base64.StdEncoding.DecodeString(answer.Sign)
		if err != nil {
			t.Fatal(err)
		}
		o.Write("signature", string(signature))
		o.Run(answer.Response.Inner, "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature")
	}
}

// TestGatewayCheckIsVerifiedLikeEverythingElse, because the answer proves the possession of
// the private key.
func TestGatewayCheckIsVerifiedLikeEverythingElse(t *testing.T) {
	v := mustVerifier(t)
	forged := gatewayCheck(checkXML)
	forged.key = ApplicationKey()
	const entity = `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><XML><AppId>&e;</AppId></XML>`
	for name, c := range map[string]struct {
		push   push
		reason notify.Reason
	}{
		"forged":                  {forged, notify.ReasonBadSignature},
		"no app":                  {gatewayCheck("<XML><EventType>verifygw</EventType></XML>"), notify.ReasonMissingAppID},
		"another app":             {gatewayCheck("<XML><AppId>2021999999999999</AppId></XML>"), notify.ReasonUnknownApp},
		"an external entity":      {gatewayCheck(entity), notify.ReasonUnknownApp},
		"half an element":         {gatewayCheck("<XML><AppId>" + thirdPartyApp), notify.ReasonMissingAppID},
		"another app_id in front": {gatewayCheck(checkXML).with("app_id", "2021999999999999"), notify.ReasonUnknownApp},
		"not the check":           {gatewayCheck(checkXML).with("service", "alipay.mobile.public.message.notify"), notify.ReasonMissingAppID},
	} {
		t.Run(name, func(t *testing.T) { mustRefuse(t, v, c.push.body(), c.reason) })
	}
	follow := gatewayCheck(strings.Replace(checkXML, "verifygw", "follow", 1))
	for name, p := range map[string]push{"an order's message": newPush(), "another event": follow} {
		n := mustRead(t, v, p.body())
		if _, body, err := notify.GatewayCheckAnswer(n, ApplicationKey(), ""); !errors.Is(err, notify.ErrNoGatewayCheck) || body != nil {
			t.Errorf("%s is answered like a gateway check (%v)", name, err)
		}
	}
}
