package notify_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// TestMessagesMadeByOpenSSL covers every combination of an app's configuration, with messages
// that the openssl command signed and encrypted, and text that is spelled out here byte by
// byte.
func TestMessagesMadeByOpenSSL(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	o.PrivateKey("key.pem", "2048")
	o.Write("crt.pem", o.Run("", "req", "-x509", "-key", "key.pem", "-days", "30", "-subj", "/C=CN/O=Ant Financial/CN=Class 2"))
	public, err := keys.ParsePublicKey(o.Run("", "pkey", "-in", "key.pem", "-pubout"))
	if err != nil {
		t.Fatal(err)
	}
	certified, err := keys.ParseAlipayCertificate(o.Read("crt.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []keys.AlipayKey{{Public: public}, certified} {
		app := notify.App{ID: thirdPartyApp, AlipayKeys: []keys.AlipayKey{key}, AESKey: []byte("0123456789abcdef")}
		v := mustVerifier(t, app)
		for bits := range 16 {
			c := outsideCase{certSN: key.CertSN, signType: bits&1 != 0, gbk: bits&2 != 0, aes: bits&4 != 0, legacy: bits&8 != 0}
			t.Run(c.String(), func(t *testing.T) { c.check(t, o, v) })
		}
	}
}

// outsideCase is one combination.
type outsideCase struct {
	certSN                     string
	signType, gbk, aes, legacy bool
}

func (c outsideCase) String() string {
	return fmt.Sprintf("certificate=%t,sign_type=%t,gbk=%t,aes=%t,legacy=%t", c.certSN != "", c.signType, c.gbk, c.aes, c.legacy)
}

// fields returns the parameters, already in the order of the signed text.
func (c outsideCase) fields(o alipaytest.OpenSSL) [][2]string {
	content, charset := `{"app_name":"`+chineseUTF8+`"}`, "UTF-8"
	if c.gbk {
		content, charset = strings.ReplaceAll(content, chineseUTF8, chineseGBK), "GBK"
	}
	if c.aes {
		encrypted := o.Run(content, "enc", "-aes-128-cbc", "-K", fmt.Sprintf("%x", "0123456789abcdef"), "-iv", strings.Repeat("0", 32))
		content = base64.StdEncoding.EncodeToString([]byte(encrypted))
	}
	var fields [][2]string
	add := func(name, value string) { fields = append(fields, [2]string{name, value}) }
	if c.certSN != "" {
		add("alipay_cert_sn", c.certSN)
	}
	add("app_id", thirdPartyApp)
	if c.legacy {
		add("auth_app_id", "2021000000000009")
	}
	add("biz_content", content)
	add("charset", charset)
	if c.aes {
		add("encrypt_type", "AES")
	}
	if !c.legacy {
		add("msg_method", alipay.MessageFastRegisterChanged)
	}
	add("notify_id", "2026112100262110001")
	if c.legacy {
		add("notify_time", "2026-11-21 20:00:01")
		add("notify_type", alipay.MessageOpenAppAuth)
	}
	add("sign_type", "RSA2")
	if c.legacy {
		add("status", "execute_auth")
	} else {
		add("utc_timestamp", "1795262401000")
		add("version", "1.1")
	}
	return fields
}

// check has the message signed by openssl, and reads it.
func (c outsideCase) check(t *testing.T, o alipaytest.OpenSSL, v *notify.Verifier) {
	var text, body []string
	for _, field := range c.fields(o) {
		body = append(body, field[0]+"="+url.QueryEscape(field[1]))
		if field[0] != "sign_type" || c.signType {
			text = append(text, field[0]+"="+field[1])
		}
	}
	sign := o.Sign("key.pem", "-sha256", strings.Join(text, "&"))
	body = append([]string{"sign=" + url.QueryEscape(sign)}, body...)
	n := mustRead(t, v, strings.Join(body, "&"))
	if want := `{"app_name":"` + chineseUTF8 + `"}`; string(n.Content) != want {
		t.Errorf("content %q (%v), want %q", n.Content, n.ContentError, want)
	}
	if n.Rule != (notify.Rule{SignType: c.signType}) || n.KeyCertSN != c.certSN {
		t.Errorf("matched %s by the key of certificate %q", n.Rule, n.KeyCertSN)
	}
	if legacy := n.Layout == notify.LayoutLegacy; legacy != c.legacy || n.SentAt.Unix() != 1795262401 {
		t.Errorf("layout %s, sent %v", n.Layout, n.SentAt)
	}
}
