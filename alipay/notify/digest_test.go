package notify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// TestDigestOfARedelivery checks that everything that may change between two deliveries of
// one message leaves its digest alone.
func TestDigestOfARedelivery(t *testing.T) {
	app := thirdParty()
	app.AESKey = []byte("0123456789abcdef")
	app.AlipayKeys = append(app.AlipayKeys, keys.AlipayKey{Public: &nextAlipayKey().PublicKey, CertSN: "bbbb"})
	v := mustVerifier(t, app)

	content := newPush("biz_content", `{"app_name":"`+chineseUTF8+`"}`)
	flat := newPush("notify_type", "trade_status_sync", "subject", chineseUTF8).without("msg_method", "biz_content")
	for name, p := range map[string]push{"content": content, "flat": flat} {
		want := mustRead(t, v, p.body()).Digest()
		if len(want) != 64 {
			t.Fatalf("digest %q", want)
		}
		overSignType, otherKey := p, p.with("alipay_cert_sn", "bbbb")
		overSignType.signType = true
		otherKey.key = nextAlipayKey()
		gbk := p.with("charset", "GBK")
		for parameter, value := range gbk.params {
			gbk.params[parameter] = strings.ReplaceAll(value, chineseUTF8, chineseGBK)
		}
		for change, again := range map[string]push{
			"signed over sign_type": overSignType, "by another key": otherKey, "in another charset": gbk,
			"sent later":             p.with("utc_timestamp", "1795280099999", "notify_time", "2026-11-21 20:00:01"),
			"with an empty addition": p.with("foo", ""),
			"under another id":       p.with("notify_id", "2"),
		} {
			if got := mustRead(t, v, again.body()).Digest(); got != want {
				t.Errorf("%s, %s: another digest", name, change)
			}
		}
	}
	encrypted := content.with("encrypt_type", "AES",
		"biz_content", encryptAES(t, app.AESKey, []byte(content.params["biz_content"])))
	if mustRead(t, v, encrypted.body()).Digest() != mustRead(t, v, content.body()).Digest() {
		t.Error("encrypted: another digest")
	}
}

// TestDigestsDiffer lists messages of which no two may be taken for one.
func TestDigestsDiffer(t *testing.T) {
	flat := newPush("notify_type", "x").without("msg_method", "biz_content")
	seen := map[string]string{}
	for name, p := range map[string]push{
		"a message":             newPush(),
		"another content":       newPush("biz_content", `{"mini_app_id":"2"}`),
		"another name":          newPush("msg_method", alipay.MessageVersionAuditRejected),
		"no content":            newPush().without("biz_content"),
		"unreadable":            newPush("biz_content", "{"),
		"unreadable, other":     newPush("biz_content", "["),
		"flat":                  flat,
		"flat with x":           flat.with("x", "1"),
		"flat with another x":   flat.with("x", "2"),
		"flat with x and y":     flat.with("x", "1", "y", "2"),
		"flat, one of the two":  flat.with("x", "1y2"),
		"flat, and a separator": flat.with("x", "1:y:2"),
		"flat, and lengths":     flat.with("x", "11:y1:2"),
		"flat, shifted":         flat.with("x1", "y2"),
	} {
		digest := mustRead(t, mustVerifier(t), p.body()).Digest()
		if other, dup := seen[digest]; dup {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[digest] = name
	}
}

// TestNothingIsShown prints a message in every usual way.
func TestNothingIsShown(t *testing.T) {
	const canary = "canary-13800138000"
	v := mustVerifier(t)
	for _, p := range []push{
		newPush("biz_content", `{"app_auth_token":"`+canary+`"}`, "phone", canary),
		newPush("biz_content", canary), // unreadable
		newPush("notify_type", alipay.MessageServiceMarketOrder, "contactor", canary).without("msg_method", "biz_content"),
	} {
		n := mustRead(t, v, p.body())
		for _, text := range []string{fmt.Sprint(n), fmt.Sprintf("%+v %s", n, n), fmt.Sprintf("%+v %#v", n.Params, n.Params),
			n.LogValue().String(), n.Params.LogValue().String(), fmt.Sprint(n.ContentError)} {
			if strings.Contains(text, canary) {
				t.Errorf("the content shows in %s", text)
			}
		}
		if got := fmt.Sprintf("%#v", n); got != n.String() { // the default would print the content as numbers
			t.Errorf("%%#v shows %s", got)
		}
		if !strings.Contains(n.LogValue().String(), n.NotifyID) {
			t.Error("a log line can't be matched to the message")
		}
	}
}

func TestSecretsHide(t *testing.T) {
	const canary = "201801BB_Tc344ef084543"
	token := struct{ Token alipay.Secret }{canary}
	asJSON, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	asText, err := token.Token.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(asJSON), string(asText), token.Token.String(), token.Token.LogValue().String(),
		fmt.Sprintf("%v %+v %#v %s %q %x", token, token, token, token.Token, token.Token, token.Token)} {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("the secret shows in %s", text)
		}
	}
	if token.Token.Reveal() != canary || alipay.Secret("").String() != "" {
		t.Error("a secret lost its value, or an empty one hides that it is empty")
	}
}
