package alipay_test

import (
	"fmt"
	"strings"
	"testing"

	"miniflow/alipay"
)

// TestRawIsWhatAlipayPosted, byte for byte and signature and all, so that another
// handler can verify it again; a frame has no such body.
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
	n, err := mustVerifier(t).Frame(thirdPartyApp, newFrame(t, frameData))
	if err != nil || n.Raw() != nil {
		t.Errorf("a frame has the body %q, %v", n.Raw(), err)
	}
}
