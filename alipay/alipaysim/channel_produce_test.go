package alipaysim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// produce is what the official client sends, signed by the app.
func produce(t *testing.T, data string) string {
	t.Helper()
	return "stream-id:c0Vbd1MYYik008\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"PRODUCE","x-timestamp":"1795280819854","x-version":"1.0",` +
		`"x-charset":"UTF-8","x-signType":"RSA2","x-sign":"` + signText(t, data) + `"},"data":` + data + `}`
}

func producedMessagesAreVerifiedStoredAndAcknowledged(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	data := `{"header":{"appId":"` + appID + `","msgApi":"alipay.example.produce"},"content":{"out_trade_no":"o\/1","secret":"13800000000"}}`
	link.send(0x81, produce(t, data))
	head, body, _ := strings.Cut(string(link.frame(1)), "\r\n\r\n")
	var ack struct {
		Protocol map[string]string `json:"protocol"`
	}
	if err := json.Unmarshal([]byte(body), &ack); err != nil || head != "stream-id:c0Vbd1MYYik008" {
		t.Fatalf("%v: %s %s", err, head, body)
	}
	id := ack.Protocol["x-msgId"]
	want := map[string]string{"x-type": "message", "x-cmd": "PRODUCE_ACK", "x-msgId": id, "x-status": "SUCCESS", "x-code": "10000"}
	if diff := cmp.Diff(want, ack.Protocol); diff != "" || id == "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bad := []struct{ name, text string }{
		{"tampered", strings.Replace(produce(t, data), "o\\/1", "o\\/2", 1)},
		{"another app", produce(t, strings.Replace(data, appID, otherID, 1))},
		{"no name", produce(t, strings.Replace(data, "alipay.example.produce", "", 1))},
		{"content twice", produce(t, strings.Replace(data, `"content"`, `"content":{},"content"`, 1))},
		{"content is a list", produce(t, `{"header":{"appId":"`+appID+`","msgApi":"x"},"content":[]}`)},
		{"certificates nobody has", produce(t, strings.Replace(data, `"msgApi"`, `"app_cert_sn":"x","msgApi"`, 1))},
		{"SHA-1", strings.Replace(produce(t, data), `"RSA2"`, `"RSA"`, 1)},
		{"unknown charset", strings.Replace(produce(t, data), `"UTF-8"`, `"EBCDIC"`, 1)},
		{"no data", strings.Replace(produce(t, data), `"data"`, `"date"`, 1)},
	}
	for _, test := range bad {
		link.send(0x81, test.text)
		if got := string(link.frame(1)); !strings.Contains(got, `"x-status":"FAIL"`) || !strings.Contains(got, `"x-error":"`) {
			t.Errorf("%s: %s", test.name, got)
		}
	}
	w.restart()
	list := w.must("GET", "channel", "")["produced"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["msg_id"] != id || strings.Contains(mustJSON(list), "13800000000") {
		t.Errorf("on record: %v", list)
	}
}
