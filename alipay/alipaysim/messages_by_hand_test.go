package alipaysim_test

import "testing"

func TestMessagesByHand(t *testing.T) {
	w := newWorld(t)
	first := w.sendMessage(`,"notify_id":"n1"`)
	w.sendMessage(`,"notify_id":"n1","rule":"without_sign_type","params":{"msg_uid":"2088000000000001","utc_timestamp":"1500000000000"}`)
	w.must("POST", "messages", `{"app_id":"`+appID+`","notify_type":"servicemarket_order_notify","params":{"order_ticket":"x","version":"1.0"}}`)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.text","biz_content":"not JSON"}`)
	w.run()
	list := w.pushes("alipay.test")
	if first != "n1" || len(list) != 2 || list[0].params["notify_id"] != "n1" || list[1].params["notify_id"] != "n1" {
		t.Fatalf("one id, twice: %v", list)
	}
	if (list[0].params["msg_uid"] == "") == (list[1].params["msg_uid"] == "") {
		t.Errorf("one of the two was lost: %v", list)
	}
	for _, p := range list {
		if p.params["msg_uid"] != "" && (p.params["utc_timestamp"] != "1500000000000" || !alipaySigned(signedText(p.params, "sign", "sign_type"), p.params["sign"])) {
			t.Errorf("further parameters: %v", p.params)
		}
	}
	flat := w.lastPush("servicemarket_order_notify").params
	if flat["order_ticket"] != "x" || flat["biz_content"] != "" || !alipaySigned(signedText(flat, "sign"), flat["sign"]) {
		t.Errorf("flat message: %v", flat)
	}
	if got := w.lastPush("alipay.text").params["biz_content"]; got != "not JSON" {
		t.Errorf("text content: %q", got)
	}
}
