package alipaysim_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func framesAreInTheClientsCharset(t *testing.T) {
	for _, charset := range []string{"GBK", "gb18030"} {
		w := newWorld(t, overSocket)
		link := w.connect(map[string]string{"charset": charset})
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"text":"面馆的〔小程序〕"}}`)
		w.during(func() {
			raw := string(link.frame(1))
			text, err := simplifiedchinese.GB18030.NewDecoder().String(raw)
			if err != nil {
				t.Fatal(err)
			}
			m := readConsumed(t, text)
			link.acknowledge(m, "SUCCESS")
			_, data, _ := strings.Cut(raw, `"data":`)
			if !alipaySigned(strings.TrimSuffix(data, "}"), m.protocol["x-sign"].(string)) {
				t.Errorf("%s: x-sign is not over the bytes as sent", charset)
			}
			if m.content["text"] != "面馆的〔小程序〕" || m.protocol["x-charset"] != charset || strings.Contains(raw, "面") {
				t.Errorf("%s: %q", charset, raw)
			}
		})
	}
}

func pingsAreAnsweredWithWhatTheySay(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	for _, payload := range []string{"", "x", strings.Repeat("p", 125)} {
		link.send(0x89, payload)
		if got := string(link.frame(10)); got != payload {
			t.Errorf("pong %q, want %q", got, payload)
		}
	}
	link.send(0x8a, "a pong nobody asked for")
	link.send(0x89, "still here")
	if got := string(link.frame(10)); got != "still here" {
		t.Errorf("pong %q", got)
	}
}

func acknowledgementsComeInAnyOrder(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	for range 3 {
		w.sendMessage("")
	}
	w.during(func() {
		messages := []consumed{link.consume(), link.consume(), link.consume()}
		slices.Reverse(messages)
		for _, m := range messages {
			link.acknowledge(m, "SUCCESS")
			link.acknowledge(m, "SUCCESS") // said twice, counted once
		}
	})
	if got := w.deliveries(); len(got) != 3 || w.fate() != "delivered" {
		t.Errorf("%v, %s", got, w.fate())
	}
}

func framesThatEndTheLink(t *testing.T) {
	w := newWorld(t, overSocket)
	for _, test := range violations {
		link := w.connect(nil)
		if _, err := link.conn.Write(test.raw); err != nil {
			t.Fatal(err)
		}
		payload := link.frame(8)
		if len(payload) < 2 || uint16(payload[0])<<8|uint16(payload[1]) != test.code {
			t.Errorf("%s: closed with %x, want %d", test.name, payload, test.code)
		}
		if _, err := link.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: the connection stays open: %v", test.name, err)
		}
		poll(t, "the link is gone", func() bool { return w.links() == 0 })
	}
}

func fragmentsOfAClientAreJoined(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.sendMessage("")
	w.during(func() {
		ack := link.consume().ack("SUCCESS")
		link.send(0x01, ack[:20])
		link.send(0x89, "between") // a control frame may stand between
		link.send(0x00, ack[20:50])
		link.send(0x80, ack[50:])
		link.frame(10)
	})
	if w.fate() != "delivered" {
		t.Errorf("fate %s, %v", w.fate(), w.deliveries())
	}
}
