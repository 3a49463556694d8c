package alipaysim_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

// More messages are in hand at once than the official client can take, and none
// is signed while they leave.
func aBurstIsSignedAheadAndLeavesAtOnce(t *testing.T) {
	const burst = 600
	w := newWorld(t, func(c *alipaysim.Config) { overSocket(c); c.AckTimeout = time.Minute })
	link := w.connect(nil)
	body := w.must("POST", "messages", fmt.Sprintf(`{"app_id":"%s","msg_method":"alipay.test","biz_content":{"number":"{n}"},"count":%d}`, appID, burst))
	if got := len(body["notify_ids"].([]any)); got != burst {
		t.Fatalf("%d ids", got)
	}
	numbers := map[string]bool{}
	w.during(func() {
		var messages []consumed
		for range burst {
			messages = append(messages, link.consume())
		}
		for _, m := range messages {
			numbers[m.content["number"].(string)] = true
			if !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
				t.Fatalf("signature of %s", m.data)
			}
			link.acknowledge(m, "SUCCESS")
		}
	})
	if len(numbers) != burst || !numbers["1"] || !numbers[fmt.Sprint(burst)] {
		t.Errorf("%d different contents", len(numbers))
	}
	for _, line := range w.deliveries() {
		if line != "1 0 SUCCESS <nil> true" {
			t.Fatalf("log %s", line)
		}
	}
}

func TestABurstOverHTTPIsSignedAheadToo(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"number":"{n}"},"count":20}`)
	w.run()
	list := w.pushes("alipay.test")
	for _, p := range list {
		if !alipaySigned(signedText(p.params, "sign"), p.params["sign"]) {
			t.Errorf("%v", p.params)
		}
	}
	if len(list) != 20 {
		t.Errorf("%d arrived", len(list))
	}
}
