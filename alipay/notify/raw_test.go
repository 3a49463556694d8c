package notify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// TestRawIsWhatAlipayPosted checks every byte, signature included, so that another handler
// can verify it again.
func TestRawIsWhatAlipayPosted(t *testing.T) {
	for name, body := range map[string]string{
		"ordinary":               newPush().body(),
		"with an extra empty":    newPush("extra", "").body(),
		"content can't be read":  newPush("biz_content", `{"a"`).body(),
		"of the service market":  newPush("notify_type", alipay.MessageServiceMarketOrder, "title", "模板").without("msg_method", "biz_content").body(),
		"a name that is unknown": newPush("msg_method", "alipay.open.new").body(),
	} {
		n := mustRead(t, mustVerifier(t), body)
		if got := string(n.Raw()); got != body {
			t.Errorf("%s: %q was posted, %q is handed on", name, body, got)
		}
		if shown := fmt.Sprintf("%v %+v %#v", n, n, n); strings.Contains(shown, "sign=") {
			t.Errorf("%s: printing shows %s", name, shown)
		}
	}
	if n := mustRead(t, mustVerifier(t), newPush().body()); n.FrameSignature() != nil {
		t.Error("a form, which holds its signature, has one beside it")
	}
}

// TestRawOfAFrameIsItsSignedBytes, together with the signature that verifies them.
func TestRawOfAFrameIsItsSignedBytes(t *testing.T) {
	gbk := newFrame(t, strings.Replace(frameData, "2021000000000009", chineseGBK, 1))
	gbk.Charset = "GBK"
	broken := newFrame(t, frameData)
	broken.Sign = broken.Sign[:76] + "\r\n" + broken.Sign[76:]
	for name, f := range map[string]notify.Frame{
		"ordinary":              newFrame(t, frameData),
		"blanks inside":         newFrame(t, "{ "+frameData[1:]),
		"in GBK":                gbk,
		"broken into lines":     broken,
		"content can't be read": newFrame(t, strings.Replace(frameData, `"content":{`, `"content":{"a":1,"a":2,`, 1)),
	} {
		n, err := mustVerifier(t).Frame(thirdPartyApp, f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(n.Raw()) != string(f.Data) {
			t.Errorf("%s: %q was sent, %q is handed on", name, f.Data, n.Raw())
		}
		want := &notify.FrameSignature{SignType: keys.RSA2, Sign: strings.ReplaceAll(f.Sign, "\r\n", ""), Charset: f.Charset}
		if diff := cmp.Diff(want, n.FrameSignature()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if shown := fmt.Sprintf("%v %+v %#v", n, n, n); strings.Contains(shown, "rate") || strings.Contains(shown, want.Sign) {
			t.Errorf("%s: printing shows %s", name, shown)
		}
	}
}
