package alipaysim_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trap is content with everything that official clients read wrongly.
const trap = `{"text":"\u4e2d\u003c\ud83d\ude00 \u0041 \u000b \u2028 \"\\u4e2d < > & / \/ 面馆","amount":0.10,"list":[{"a":1e2}]}`

func aMessageIsOneUnmaskedTextFrame(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","notify_id":"n1","biz_content":`+trap+`}`)
	w.during(func() {
		first, second, payload, err := link.raw()
		if err != nil || first != 0x81 || second&0x80 != 0 {
			t.Fatalf("frame %x %x, %v", first, second, err)
		}
		m := readConsumed(t, string(payload))
		link.acknowledge(m, "SUCCESS")
		wantHead := "from-sys:openchannel\r\nfrom-sys-ip:10.1.2.3\r\nstream-id:" + m.stream + "\r\n\r\n"
		wantData := `{"header":{"appId":"` + appID + `","msgApi":"alipay.test"},"content":` +
			`{"text":"中<😀 \u0041 \u000b \u2028 \"\\u4e2d < > & / \/ 面馆","amount":0.10,"list":[{"a":1e2}]}}`
		signature := m.protocol["x-sign"].(string)
		want := wantHead + `{"protocol":{"x-type":"message","x-cmd":"CONSUME","x-msgId":"n1","x-timestamp":"1795226400000","x-version":"1.0",` +
			`"x-charset":"UTF-8","x-signType":"RSA2","x-sign":"` + signature + `"},"data":` + wantData + `}`
		if diff := cmp.Diff(want, m.text); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !alipaySigned(wantData, signature) {
			t.Error("x-sign is not over data as written")
		}
		if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(m.stream) {
			t.Errorf("stream-id %q", m.stream)
		}
	})
	if w.fate() != "delivered" {
		t.Errorf("fate %s", w.fate())
	}
}

// The messages that the life of a mini program causes obey the same rules.
func everyMessageOfALifeHasStringsAlone(t *testing.T) {
	w := newWorld(t, overSocket)
	w.rules(`{"rules":[{"merchant":{"answer":"AGREED","after":"0s"},"authorize":{"after":"0s","skip":true}}]}`)
	link := w.connect(nil)
	w.call(createMethod, "", createFields("s-1"))
	w.during(func() {
		for range 2 {
			m := link.consume()
			link.acknowledge(m, "SUCCESS")
			for name, value := range m.protocol {
				if _, isText := value.(string); !isText {
					t.Errorf("protocol.%s is %v", name, value)
				}
			}
			if regexp.MustCompile(`\\u[0-9a-fA-F]*[a-fA-F]`).MatchString(m.text) {
				t.Errorf("an escape with a letter: %s", m.text)
			}
			seen := map[string]int{}
			names(t, json.NewDecoder(strings.NewReader(m.data)), "", seen)
			for name, times := range seen {
				if times > 1 {
					t.Errorf("%s is there %d times", name, times)
				}
			}
			if m.content["out_order_no"] != "s-1" || !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
				t.Errorf("content %v", m.content)
			}
		}
	})
}

// names counts the members of a JSON value by their path.
func names(t *testing.T, decoder *json.Decoder, path string, seen map[string]int) {
	t.Helper()
	token, err := decoder.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				t.Fatal(err)
			}
			inner := path + "/" + name.(string)
			seen[inner]++
			names(t, decoder, inner, seen)
		}
	case json.Delim('['):
		for i := 0; decoder.More(); i++ {
			names(t, decoder, path+"/"+strconv.Itoa(i), seen)
		}
	default:
		return
	}
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
}
